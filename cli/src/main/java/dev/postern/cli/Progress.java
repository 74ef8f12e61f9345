package dev.postern.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Work that lasts over a second says so, where someone watches, and how long it has lasted. */
final class Progress implements AutoCloseable {

  private final CountDownLatch done = new CountDownLatch(1);
  private final Terminal terminal;

  private Progress(Terminal terminal) {
    this.terminal = terminal;
  }

  /** Begins; closing it ends it and clears the line. */
  static Progress of(String what, Terminal terminal) {
    Progress progress = new Progress(terminal);
    if (terminal.watched()) {
      Thread.ofPlatform().daemon().name("progress").start(() -> progress.tick(what));
    }
    return progress;
  }

  private void tick(String what) {
    long seconds = 0;
    try {
      while (!done.await(1, TimeUnit.SECONDS)) {
        terminal.progress(what + ", " + ++seconds + " s");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    done.countDown();
    terminal.clearProgress();
  }
}
