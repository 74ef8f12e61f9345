package dev.postern.silicon;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Every processor of this machine at once: an emulator is a process, and uses one of them. */
final class Processors {

  private Processors() {}

  /** What is done with one of several. */
  interface Task<T, R> {
    R of(T one) throws Exception;
  }

  /** Does the same with all of them; the results in their order. */
  static <T, R> List<R> map(List<T> all, Task<T, R> task) throws Exception {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      List<Future<R>> begun = new ArrayList<>();
      for (T one : all) {
        Callable<R> call = () -> task.of(one);
        begun.add(threads.submit(call));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> each : begun) {
        results.add(each.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** Small enough for every processor to have some, large enough for few starts. */
  static <T> List<List<T>> pieces(List<T> all, int size) {
    List<List<T>> pieces = new ArrayList<>();
    for (int from = 0; from < all.size(); from += size) {
      pieces.add(all.subList(from, Math.min(from + size, all.size())));
    }
    return pieces;
  }
}
