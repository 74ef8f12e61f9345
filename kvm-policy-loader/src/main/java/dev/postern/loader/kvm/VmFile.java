package dev.postern.loader.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A copy of the file descriptor that stands for a running virtual machine, taken from its monitor
 * ({@code pidfd_getfd(2)}). The process is held by a pidfd first, so the number cannot come to mean
 * another one in between.
 */
final class VmFile implements AutoCloseable {

  private static final String KVM_VM = "anon_inode:kvm-vm";

  private final int fd;

  private VmFile(int fd) {
    this.fd = fd;
  }

  static VmFile of(long pid) throws IOException {
    int process = Linux.pidfdOpen(pid);
    try {
      List<Path> machines;
      try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
        machines = files.filter(VmFile::isMachine).sorted().toList();
      }
      if (machines.size() != 1) {
        throw new IOException(
            "process " + pid + " has " + machines.size() + " virtual machines, not one");
      }
      int theirs = Integer.parseInt(String.valueOf(machines.getFirst().getFileName()));
      return new VmFile(Linux.pidfdGetfd(process, theirs));
    } finally {
      Linux.close(process);
    }
  }

  private static boolean isMachine(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().equals(KVM_VM);
    } catch (IOException _) {
      return false; // closed meanwhile
    }
  }

  int fd() {
    return fd;
  }

  @Override
  public void close() {
    Linux.close(fd);
  }
}
