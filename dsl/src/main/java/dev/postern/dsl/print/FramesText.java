package dev.postern.dsl.print;

import static dev.postern.dsl.print.PolicyPrinter.hex;

import dev.postern.model.Frames;

/** How frames are written. */
final class FramesText {

  private FramesText() {}

  /** Where they start; how many there are stands elsewhere. */
  static String of(Frames frames) {
    return switch (frames.owner()) {
      case Frames.Owner.Host _ -> "host " + hex(frames.offset());
      case Frames.Owner.Memory memory ->
          memory.vm() + "." + memory.region() + "[" + hex(frames.offset()) + "]";
      case Frames.Owner.Loader loader ->
          "loader " + loader.view() + "." + loader.mapping() + "[" + hex(frames.offset()) + "]";
    };
  }

  /** Where they start, and how many there are. */
  static String sized(Frames frames) {
    return switch (frames.owner()) {
      case Frames.Owner.Host _ ->
          "host[" + hex(frames.offset()) + " size " + hex(frames.size()) + "]";
      case Frames.Owner.Memory _, Frames.Owner.Loader _ -> {
        String text = of(frames);
        yield text.substring(0, text.length() - 1) + " size " + hex(frames.size()) + "]";
      }
    };
  }
}
