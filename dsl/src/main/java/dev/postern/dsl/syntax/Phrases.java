package dev.postern.dsl.syntax;

/** What a rule of the grammar is called in an error. */
final class Phrases {

  private Phrases() {}

  static String of(int rule) {
    return switch (rule) {
      case PosternParser.RULE_policy -> "a statement";
      case PosternParser.RULE_statement -> "a statement";
      case PosternParser.RULE_cpu, PosternParser.RULE_cpuItem -> "a property of the cpu";
      case PosternParser.RULE_vm, PosternParser.RULE_vmItem -> "a property of the vm";
      case PosternParser.RULE_view, PosternParser.RULE_viewItem -> "a mapping of the view";
      case PosternParser.RULE_mapping -> "what the mapping maps";
      case PosternParser.RULE_attribute -> "an attribute of the mapping";
      case PosternParser.RULE_code, PosternParser.RULE_codeSource -> "where the code comes from";
      case PosternParser.RULE_section, PosternParser.RULE_content -> "content of the section";
      case PosternParser.RULE_gate, PosternParser.RULE_gateItem -> "a property of the gate";
      case PosternParser.RULE_comparison, PosternParser.RULE_sum, PosternParser.RULE_addend ->
          "a register, a stack slot or a number";
      case PosternParser.RULE_eptpField -> "a field of the EPTP";
      case PosternParser.RULE_expression, PosternParser.RULE_term, PosternParser.RULE_factor ->
          "a number";
      default -> "something else";
    };
  }
}
