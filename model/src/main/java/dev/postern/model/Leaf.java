package dev.postern.model;

/**
 * Every attribute of an EPT leaf but its frame (SDM vol. 3 tables 28-2, 28-4, 28-6; bits 57, 58, 60
 * from later revisions).
 *
 * @param read bit 0
 * @param write bit 1
 * @param execute bit 2; supervisor-mode execute where mode-based execute control is on
 * @param userExecute bit 10, with mode-based execute control only
 * @param memoryType bits 5:3
 * @param ignorePat bit 6
 * @param accessed bit 8
 * @param dirty bit 9
 * @param verifyGuestPaging bit 57
 * @param pagingWrite bit 58
 * @param supervisorShadowStack bit 60
 * @param subPageWrite bit 61
 * @param suppressVe bit 63
 */
public record Leaf(
    boolean read,
    boolean write,
    boolean execute,
    boolean userExecute,
    MemoryType memoryType,
    boolean ignorePat,
    boolean accessed,
    boolean dirty,
    boolean verifyGuestPaging,
    boolean pagingWrite,
    boolean supervisorShadowStack,
    boolean subPageWrite,
    boolean suppressVe) {

  /** The entry's bits without frame and page-size bit. */
  public long bits() {
    return bit(read, 0)
        | bit(write, 1)
        | bit(execute, 2)
        | (long) memoryType.encoding() << 3
        | bit(ignorePat, 6)
        | bit(accessed, 8)
        | bit(dirty, 9)
        | bit(userExecute, 10)
        | bit(verifyGuestPaging, 57)
        | bit(pagingWrite, 58)
        | bit(supervisorShadowStack, 60)
        | bit(subPageWrite, 61)
        | bit(suppressVe, 63);
  }

  /** "rwx" with "-" for what is missing, and "u" appended for user-execute. */
  public String permissions() {
    return (read ? "r" : "-")
        + (write ? "w" : "-")
        + (execute ? "x" : "-")
        + (userExecute ? "u" : "");
  }

  private static long bit(boolean set, int position) {
    return set ? 1L << position : 0;
  }
}
