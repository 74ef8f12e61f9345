package dev.postern.loader.kvm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The few system calls the JDK has no method for. */
@SuppressWarnings("restricted") // the point of this class
final class Linux {

  static final int ENOENT = 2;
  static final int EAGAIN = 11;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final long PIDFD_OPEN = 434;
  private static final long PIDFD_GETFD = 438;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO = CAPTURED.varHandle(PathElement.groupElement("errno"));
  private static final Linker.Option KEEP_ERRNO = Linker.Option.captureCallState("errno");

  private static final MethodHandle OPEN =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("open"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
          KEEP_ERRNO,
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"),
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle IOCTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("ioctl"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS),
          KEEP_ERRNO,
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle SYSCALL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("syscall"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG),
          KEEP_ERRNO,
          Linker.Option.firstVariadicArg(1));

  /** A call that failed, with its number from errno(3). */
  static final class Errno extends IOException {
    private static final long serialVersionUID = 1;

    private final int number;

    Errno(String call, int number) {
      super(call + ": " + Errors.describe(number));
      this.number = number;
    }

    int number() {
      return number;
    }
  }

  private Linux() {}

  static int open(String path) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(CAPTURED);
      int fd = (int) OPEN.invokeExact(errno, arena.allocateFrom(path), O_RDWR | O_CLOEXEC);
      return (int) checked(path, fd, errno);
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static void close(int fd) {
    try {
      int ignored = (int) CLOSE.invokeExact(fd);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static void ioctl(String name, int fd, int request, MemorySegment argument) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(CAPTURED);
      int result = (int) IOCTL.invokeExact(errno, fd, Integer.toUnsignedLong(request), argument);
      checked(name, result, errno);
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** A file descriptor that stands for a process, whatever becomes of its number. */
  static int pidfdOpen(long pid) throws Errno {
    return (int) syscall("pidfd_open", PIDFD_OPEN, pid, 0, 0);
  }

  /** A copy of another process's file descriptor. */
  static int pidfdGetfd(int pidfd, int fd) throws Errno {
    return (int) syscall("pidfd_getfd", PIDFD_GETFD, pidfd, fd, 0);
  }

  private static long syscall(String name, long number, long a, long b, long c) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(CAPTURED);
      return checked(name, (long) SYSCALL.invokeExact(errno, number, a, b, c), errno);
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static long checked(String call, long result, MemorySegment errno) throws Errno {
    if (result < 0) {
      throw new Errno(call, (int) ERRNO.get(errno, 0L));
    }
    return result;
  }
}
