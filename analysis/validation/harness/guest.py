"""A guest in QEMU: its processes and sockets, the monitor (QMP), and the commands that its init understands."""

import json
import os
import re
import socket
import subprocess
import time

from architecture import X86_64
from errors import Missing, RecordingFailed

ANSWER_END = b"@E\n"
READY = b"@READY\n"
# The console of newer kernels is printed by a thread: it is complete once it has been quiet for so long.
CONSOLE_QUIET_SECONDS = 0.15
# An emulator that has closed its sockets may still have to say why.
LAST_WORDS_SECONDS = 2


class Guest:
    """`machine`: QEMU's options for the machine; `boot`: those for kernel, initramfs and command line; `serial`: those that
    join the chardevs `console` and `port` to it."""

    def __init__(self, qemu, machine, boot, folder, serial=X86_64.serial):
        self.folder = folder
        self.console_path = os.path.join(folder, "console")
        monitor, port = os.path.join(folder, "qmp"), os.path.join(folder, "port")
        for path in (self.console_path, monitor, port):
            if os.path.exists(path):
                os.unlink(path)
        command = [qemu, *machine, "-nodefaults", "-display", "none", "-no-reboot", *boot,
                   "-chardev", f"file,id=console,path={self.console_path}",
                   "-chardev", f"socket,id=port,server=on,wait=off,path={port}", *serial,
                   "-qmp", f"unix:{monitor},server=on,wait=off"]
        self._errors = open(os.path.join(folder, "qemu"), "w+")
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._errors,
                                             stderr=self._errors)
        except OSError as error:
            raise Missing(f"{qemu}: {error.strerror}") from error
        self.events = []
        self._console_at = 0
        self._monitor_text, self._port_text = b"", b""
        self._monitor = self._port = None
        try:
            self._monitor, self._port = self._connect(monitor), self._connect(port)
            self._monitor_line(10)
            self.qmp("qmp_capabilities")
        except BaseException:
            self.close()
            raise

    def wait_until_ready(self, seconds):
        self._read_until(READY, seconds)

    def command(self, line, seconds=180):
        """Has the guest do a command. ({path: text} of its files, its other lines)"""
        self._send(self._port, line)
        text = self._read_until(ANSWER_END, seconds)
        files, lines, at = {}, [], 0
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            row, at = text[at:end], end + 1
            if row.startswith("@F "):
                _, path, length = row.split()
                files[path] = text[at:at + int(length)]
                at += int(length) + 1
            elif row:
                lines.append(row)
        return files, lines

    def qmp(self, name, **arguments):
        self._send(self._monitor, json.dumps({"execute": name, "arguments": arguments}))
        while True:
            answer = self._monitor_line(120)
            if answer is None:
                raise RecordingFailed(f"QEMU's monitor does not answer to {name}{self._why()}")
            if "event" not in answer:
                return answer
            self.events.append(answer)

    def wait_event(self, wanted, seconds):
        """The first event that `wanted` accepts, taken out of the list; None if there was none in time."""
        until = time.monotonic() + seconds
        while True:
            for event in self.events:
                if wanted(event):
                    self.events.remove(event)
                    return event
            left = until - time.monotonic()
            if left <= 0 or self._process.poll() is not None:
                return None
            answer = self._monitor_line(min(left, 5))
            if answer is not None and "event" in answer:
                self.events.append(answer)

    def running(self):
        return self._process.poll() is None

    def console(self):
        try:
            with open(self.console_path, errors="replace") as file:
                return file.read().replace("\r", "")
        except OSError:
            return ""

    def new_console_lines(self):
        size = -1
        while size != (size := os.path.getsize(self.console_path) if os.path.exists(self.console_path) else 0):
            time.sleep(CONSOLE_QUIET_SECONDS)
        text = self.console()
        new, self._console_at = text[self._console_at:], len(text)
        return [line for line in new.split("\n") if line.strip()]

    def close(self):
        """Powers the guest off, and ends QEMU if that takes too long."""
        try:
            if self._process.poll() is None and self._port is not None:
                self._port.sendall(b"quit\n")
                self._process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            pass
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for end in (self._monitor, self._port, self._errors):
            if end is not None:
                end.close()

    def _send(self, end, line):
        try:
            end.sendall(line.encode() + b"\n")
        except OSError as error:  # QEMU has ended
            raise RecordingFailed(f"QEMU is gone{self._why()}") from error

    def _why(self):
        try:
            self._process.wait(LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        with open(self._errors.name) as file:
            said = file.read().strip()[-500:]
        last = "\n".join(line for line in self.console().split("\n")[-12:] if line.strip())
        return (f"; QEMU: {said}" if said else "") + (f"; the console ends with:\n{last}" if last else "")

    def _connect(self, path):
        for _ in range(200):
            if self._process.poll() is not None:
                break
            try:
                end = socket.socket(socket.AF_UNIX)
                end.connect(path)
                return end
            except OSError:
                end.close()
                time.sleep(0.05)
        raise RecordingFailed(f"QEMU does not start{self._why()}")

    def _monitor_line(self, seconds):
        until = time.monotonic() + seconds
        while b"\n" not in self._monitor_text:
            left = until - time.monotonic()
            if left <= 0:
                return None
            self._monitor.settimeout(left)
            try:
                more = self._monitor.recv(65536)
            except (socket.timeout, ConnectionError):
                return None
            if not more:
                return None
            self._monitor_text += more
        line, self._monitor_text = self._monitor_text.split(b"\n", 1)
        return json.loads(line)

    def _read_until(self, marker, seconds):
        until = time.monotonic() + seconds
        while marker not in self._port_text:
            left = until - time.monotonic()
            if self._process.poll() is not None:
                raise RecordingFailed(f"the guest ended{self._why()}")
            if left <= 0:
                raise RecordingFailed(f"the guest has not answered for {seconds:.0f} s{self._why()}")
            if self.internal_error():
                raise RecordingFailed(f"the accelerator gave up{self._why()}")
            self._port.settimeout(min(left, 2))
            try:
                more = self._port.recv(1 << 16)
            except socket.timeout:
                continue
            except ConnectionError:
                more = b""
            if not more:
                time.sleep(0.1)
            self._port_text += more
        text, self._port_text = self._port_text.split(marker, 1)
        return text.decode(errors="replace")

    def internal_error(self):
        """KVM that cannot run the guest stops it and says so."""
        with open(self._errors.name) as file:
            return re.search("KVM internal error", file.read()) is not None
