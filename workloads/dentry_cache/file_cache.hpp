#pragma once

#include <cstdint>
#include <vector>

#include "sim/kernel/mm/reclaim/reclaim.hpp"
#include "workloads/common/slab_cache.hpp"

namespace mhp::workloads {

/// Dentries and inodes of the files of a file system, as long as they are cached (the super_block
/// shrinker: fs/super.c, fs/dcache.c and fs/inode.c of 6.12). A dentry that nobody has open is on a
/// list by age; one that was looked up again since it was last looked at goes round once more. An
/// inode gets on its own list when its dentry is gone. Decides what is dropped first.
class FileCache final : public kernel::Shrinker {
 public:
  using FileNo = std::uint32_t;
  struct Sizes {
    Bytes dentry, inode;
    int dentry_order = 0;
    int inode_order = 0;
  };

  FileCache(const Context& context, std::int64_t files, const Sizes& sizes);
  ~FileCache() override;

  /// Whether a file's dentry is there; it counts as used.
  bool look_up(FileNo file);
  /// Brings dentry and inode in. False if there is no memory for them. `open`: it stays open, and
  /// so in the cache.
  Task<bool> bring_in(Thread& thread, FileNo file, bool open);

  std::int64_t dentries() const { return dentries_; }
  std::int64_t inodes() const { return inodes_; }
  std::int64_t dropped() const { return dropped_; }  ///< objects that reclaim has dropped
  PageCount pages() const { return dentry_slabs_.pages() + inode_slabs_.pages(); }
  PageCount most_pages() const { return dentry_slabs_.most_pages() + inode_slabs_.most_pages(); }
  PageCount reclaimed() const { return reclaimed_; }

  std::int64_t count_objects(NodeId node) const override;
  Scan scan_objects(NodeId node, std::int64_t n, kernel::Receipt& receipt) override;
  std::int64_t batch() const override { return 1024; }  ///< alloc_super: s_shrink->batch

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct File {
    SlabCache::SlabNo dentry = kNone;
    SlabCache::SlabNo inode = kNone;
    FileNo older = kNone;  ///< on the list of dentries, or else of inodes
    FileNo younger = kNone;
    bool open = false;
    bool referenced = false;
    bool listed = false;
  };
  struct List {  // of one node
    FileNo oldest = kNone;
    FileNo youngest = kNone;
    std::int64_t size = 0;
  };
  void put(List& list, FileNo file);
  void take(List& list, FileNo file);
  List& list_of(std::vector<List>& lists, const SlabCache& slabs, SlabCache::SlabNo slab) {
    return lists[slabs.node_of(slab).index()];
  }
  void drop_dentry(FileNo file, kernel::Receipt& receipt, Scan& scan);
  void drop_inode(FileNo file, kernel::Receipt& receipt, Scan& scan);

  const Context& context_;
  SlabCache dentry_slabs_;
  SlabCache inode_slabs_;
  std::vector<File> files_;
  std::vector<List> dentry_lru_;  ///< by node
  std::vector<List> inode_lru_;
  std::int64_t dentries_ = 0;
  std::int64_t inodes_ = 0;
  std::int64_t dropped_ = 0;
  PageCount reclaimed_;
};

}  // namespace mhp::workloads
