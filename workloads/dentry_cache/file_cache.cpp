#include "workloads/dentry_cache/file_cache.hpp"

namespace mhp::workloads {

FileCache::FileCache(const Context& context, std::int64_t files, const Sizes& sizes)
    : context_(context),
      dentry_slabs_(context, sizes.dentry, sizes.dentry_order, kernel::MigrateType::reclaimable),
      inode_slabs_(context, sizes.inode, sizes.inode_order, kernel::MigrateType::reclaimable),
      files_(static_cast<std::size_t>(files)),
      dentry_lru_(context.mm.nodes()),
      inode_lru_(context.mm.nodes()) {
  context_.mm.reclaim().shrinkers().add(*this);
}

FileCache::~FileCache() { context_.mm.reclaim().shrinkers().remove(*this); }

bool FileCache::look_up(FileNo file) {
  File& f = files_[file];
  if (f.dentry == kNone) return false;
  f.referenced = true;
  return true;
}

// d_alloc, then iget: while pages for the dentry are waited for, the inode may go.
Task<bool> FileCache::bring_in(Thread& thread, FileNo file, bool open) {
  if (!dentry_slabs_.has_room() && !co_await dentry_slabs_.make_room(thread)) co_return false;
  const SlabCache::SlabNo dentry = dentry_slabs_.add();
  ++dentries_;
  File& f = files_[file];
  if (f.inode == kNone) {
    if (!inode_slabs_.has_room() && !co_await inode_slabs_.make_room(thread)) {
      dentry_slabs_.remove(dentry, thread.receipt());
      --dentries_;
      co_return false;
    }
    f.inode = inode_slabs_.add();
    ++inodes_;
  } else if (f.listed) {
    take(list_of(inode_lru_, inode_slabs_, f.inode), file);
  }
  f.dentry = dentry;
  f.referenced = false;
  f.open = open;
  if (!open) put(list_of(dentry_lru_, dentry_slabs_, dentry), file);
  co_return true;
}

// super_cache_count.
std::int64_t FileCache::count_objects(NodeId node) const {
  return context_.mm.reclaim().shrinkers().vfs_pressure_ratio(dentry_lru_[node.index()].size +
                                                              inode_lru_[node.index()].size);
}

// super_cache_scan: each kind by its share of the objects, and one more.
kernel::Shrinker::Scan FileCache::scan_objects(NodeId node, std::int64_t n,
                                               kernel::Receipt& receipt) {
  List& dentries = dentry_lru_[node.index()];
  List& inodes = inode_lru_[node.index()];
  const std::int64_t all = dentries.size + inodes.size;
  Scan scan;
  if (all == 0) return scan;
  scan.scanned = n;
  const std::int64_t of_dentries = n * dentries.size / all + 1;
  const std::int64_t of_inodes = n * inodes.size / all + 1;
  for (std::int64_t i = 0; i < of_dentries && dentries.size > 0; ++i) {
    const FileNo file = dentries.oldest;
    take(dentries, file);
    File& f = files_[file];
    if (!f.referenced) {
      drop_dentry(file, receipt, scan);
      continue;
    }
    f.referenced = false;
    put(dentries, file);
  }
  for (std::int64_t i = 0; i < of_inodes && inodes.size > 0; ++i)
    drop_inode(inodes.oldest, receipt, scan);
  reclaimed_ += scan.freed;
  return scan;
}

void FileCache::drop_dentry(FileNo file, kernel::Receipt& receipt, Scan& scan) {
  File& f = files_[file];
  scan.freed += dentry_slabs_.remove(f.dentry, receipt);
  f.dentry = kNone;
  --dentries_;
  ++dropped_;
  put(list_of(inode_lru_, inode_slabs_, f.inode), file);
}

void FileCache::drop_inode(FileNo file, kernel::Receipt& receipt, Scan& scan) {
  File& f = files_[file];
  take(list_of(inode_lru_, inode_slabs_, f.inode), file);
  scan.freed += inode_slabs_.remove(f.inode, receipt);
  f.inode = kNone;
  --inodes_;
  ++dropped_;
}

void FileCache::put(List& list, FileNo file) {
  File& f = files_[file];
  f.older = list.youngest;
  f.younger = kNone;
  f.listed = true;
  (list.youngest == kNone ? list.oldest : files_[list.youngest].younger) = file;
  list.youngest = file;
  ++list.size;
}

void FileCache::take(List& list, FileNo file) {
  File& f = files_[file];
  (f.older == kNone ? list.oldest : files_[f.older].younger) = f.younger;
  (f.younger == kNone ? list.youngest : files_[f.younger].older) = f.older;
  f.older = f.younger = kNone;
  f.listed = false;
  --list.size;
}

}  // namespace mhp::workloads
