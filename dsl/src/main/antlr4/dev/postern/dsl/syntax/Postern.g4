/*
 * The policy language. docs/language.md says what each construct means.
 *
 * Line ends mean nothing, but in `controls`, where they end a setting; `;` may end anything.
 * Every keyword can be a name (rule `name`), but of a constant, and except where a list of words
 * takes only plain ones (rule `words`), so that the next keyword ends it.
 */
grammar Postern;

policy
    : header? statement* EOF
    ;

header
    : 'policy' name 'version' expression
    ;

statement
    : include
    | constant
    | cpu
    | vm
    | domain
    | controlRegion
    | code
    | view
    | eptpList
    | gate
    | waiver
    | ';'
    ;

include
    : 'include' STRING
    ;

constant
    : 'const' WORD '=' expression
    ;

// ---- the processor

cpu
    : 'cpu' '{' cpuItem* '}'
    ;

cpuItem
    : 'physical-address-width' expression        # cpuWidth
    | 'ept' eptCapability (',' eptCapability)*   # cpuEpt
    | 'features' words                           # cpuWith
    | 'without' words                            # cpuWithout
    | 'l1tf' WORD                                # cpuL1tf
    | ';'                                        # cpuEnd
    ;

eptCapability
    : 'pages' NUMBER+
    | name
    ;

// ---- virtual machines

vm
    : 'vm' name vmRole* '{' vmItem* '}'
    ;

vmRole
    : 'source'
    | 'destination'
    ;

vmItem
    : 'vcpus' expression                                              # vmVcpus
    | 'memory' name expression 'size' expression memoryAttribute*     # vmMemory
    | 'lock' words lockAttribute*                                     # vmLock
    | 'controls' '{' controlWord* '}'                                 # vmControls
    | 'approve' 'for' name '{' (approval | ';')* '}'                  # vmApprove
    | 'alias' frames 'at' expression attribute*                       # vmAlias
    | ';'                                                             # vmEnd
    ;

memoryAttribute
    : 'pages' expression
    | 'host' expression
    | 'special'
    | 'dirty-logged'
    ;

lockAttribute
    : 'range' expression 'size' expression
    | 'linear-base' expression
    ;

controlWord
    : name
    | NUMBER
    | ';'
    ;

approval
    : name 'at' expression 'size' expression approvalAttribute*
    ;

approvalAttribute
    : WORD
    | 'pages' expression
    | 'shared' 'with' name (',' name)*
    | doorbell
    ;

doorbell
    : 'doorbell' WORD ('exits' WORD (',' WORD)*)?
    ;

// ---- what devices and the hypervisor hold

domain
    : 'iommu' 'domain' name 'maps' ('nothing' | reach (',' reach)*) ('except' reach (',' reach)*)?
    ;

reach
    : 'trampolines'
    | frames
    ;

controlRegion
    : 'control-region' name 'frames' frames ('size' expression)?
    ;

/** Host frames: at a host-physical address, or a part of what VM.REGION or VIEW.MAPPING names. */
frames
    : 'host' (slice | expression)
    | 'loader'? MEMBER slice?
    ;

slice
    : '[' expression ('size' expression)? ']'
    ;

// ---- machine code

code
    : 'code' name codeSource
    ;

codeSource
    : 'from' 'elf' STRING
    | content+
    | '{' (section | ';')* '}'
    ;

section
    : 'section' SECTION '{' (content | ';')* '}'
    ;

content
    : 'bytes' STRING+
    | 'hex' 'from' STRING
    | 'binary' 'from' STRING
    | ASM
    | 'symbol' (name | STRING) ('at' expression)?
    | 'pad' 'to' expression
    ;

codeReference
    : REFERENCE
    | name
    ;

// ---- views

view
    : 'view' name 'of' name 'index' expression 'exactly'? ('{' viewItem* '}')?
    ;

viewItem
    : mapping
    | unmap
    | 'eptp' '{' (eptpField | ';')* '}'
    | 'suppress-ve-absent' toggle
    | 'linear-base' expression
    | 'mediation' 'not' 'claimed' 'because' STRING
    | ';'
    ;

mapping
    : 'trampoline' codeReference attribute*   # mapTrampoline
    | 'code' codeReference attribute*         # mapCode
    | 'constant' codeReference attribute*     # mapConstant
    | 'private' name attribute*               # mapPrivate
    | 'paging' name attribute*                # mapPaging
    | 'window' MEMBER slice? attribute*       # mapWindow
    | 'map' frames attribute*                 # mapFrames
    ;

unmap
    : 'unmap' expression 'size' expression
    ;

attribute
    : 'at' expression                         # atGpa
    | 'la' expression                         # atLa
    | 'size' expression                       # sizeIs
    | 'named' name                            # named
    | 'role' name                             # roleIs
    | 'pages' expression                      # pagesAre
    | 'per-vcpu'                              # perVcpu
    | 'frames' frames                         # framesFrom
    | 'memory-type' WORD                      # memoryType
    | 'pat' WORD                              # pat
    | 'discloses' WORD                        # discloses
    | leafBit toggle                          # leafBitIs
    | 'image' REFERENCE '{' (content | ';')* '}'   # imageIs
    | WORD                                    # permission
    ;

leafBit
    : 'user-execute'
    | 'accessed'
    | 'dirty'
    | 'verify-guest-paging'
    | 'paging-write'
    | 'shadow-stack'
    | 'sub-page'
    | 'suppress-ve'
    ;

toggle
    : 'on'
    | 'off'
    ;

eptpField
    : 'memory-type' WORD
    | 'walk-length' expression
    | 'accessed-dirty' toggle
    | 'shadow-stack' toggle
    | 'root' 'host' expression
    ;

eptpList
    : 'eptp-list' 'of' name '{' (slot | ';')* '}'
    ;

slot
    : 'slot' expression slotValue
    ;

slotValue
    : 'raw' expression
    | 'root' name eptpField*
    ;

// ---- gates and waivers

gate
    : 'gate' name 'from' name 'to' name '{' gateItem* '}'
    ;

gateItem
    : 'enter' place 'lands' place 'calls' place                    # gateEnter
    | 'leave' place 'lands' place ('returns' 'through' name)?      # gateLeave
    | 'arguments' words                                            # gateArguments
    | 'results' words                                              # gateResults
    | 'preserves' words                                            # gatePreserves
    | 'privilege-level' expression                                 # gatePrivilege
    | 'at' 'most' expression 'instructions'                        # gateBound
    | 'invariant' 'at' place '{' (comparison | ';')* '}'           # gateInvariant
    | ';'                                                          # gateEnd
    ;

place
    : REFERENCE
    | expression
    ;

comparison
    : sum ('<' | '<=' | '=' | '>=' | '>') sum
    ;

sum
    : addend (('+' | '-') addend)*
    ;

addend
    : (factor '*')? (stackSlot | factor)
    ;

stackSlot
    : '[' name ('+' expression)? ('size' expression)? ']'
    ;

waiver
    : 'waive' name 'because' STRING
    ;

// ---- words and numbers

words
    : WORD+
    ;

expression
    : term (('+' | '-') term)*
    ;

term
    : factor (('*' | '/') factor)*
    ;

factor
    : NUMBER
    | WORD
    | '(' expression ')'
    ;

name
    : WORD
    | 'policy' | 'version' | 'include' | 'const' | 'cpu' | 'physical-address-width' | 'ept'
    | 'features' | 'without' | 'l1tf' | 'pages' | 'vm' | 'source' | 'destination' | 'vcpus'
    | 'memory' | 'size' | 'lock' | 'controls' | 'approve' | 'for' | 'alias' | 'at' | 'host'
    | 'special' | 'dirty-logged' | 'range' | 'linear-base' | 'nothing' | 'shared' | 'with'
    | 'iommu' | 'domain' | 'maps' | 'except' | 'trampolines' | 'control-region' | 'frames'
    | 'loader' | 'code' | 'from' | 'elf' | 'section' | 'bytes' | 'hex' | 'binary' | 'symbol'
    | 'pad' | 'to' | 'view' | 'of' | 'index' | 'exactly' | 'eptp' | 'suppress-ve-absent'
    | 'mediation' | 'not' | 'claimed' | 'because' | 'trampoline' | 'constant' | 'private'
    | 'paging' | 'window' | 'map' | 'unmap' | 'la' | 'named' | 'role' | 'per-vcpu'
    | 'memory-type' | 'pat' | 'image' | 'user-execute' | 'accessed' | 'dirty'
    | 'verify-guest-paging' | 'paging-write' | 'shadow-stack' | 'sub-page' | 'suppress-ve'
    | 'on' | 'off' | 'walk-length' | 'accessed-dirty' | 'root' | 'eptp-list' | 'slot' | 'raw'
    | 'gate' | 'enter' | 'lands' | 'calls' | 'leave' | 'returns' | 'through' | 'arguments'
    | 'results' | 'preserves' | 'privilege-level' | 'most' | 'instructions' | 'waive'
    | 'doorbell' | 'exits' | 'discloses' | 'invariant'
    ;

// ---- tokens

/** Assembler text; a `}` in a comment does not end it. Unclosed, it runs to the end of the file. */
ASM
    : 'asm' [ \t\r\n]* '{' (ASM_COMMENT | ~'}')* ('}' | EOF)
    ;

fragment ASM_COMMENT
    : ('#' | '//') ~[\r\n]*
    ;

/** VM.REGION, VM.APPROVAL or VIEW.MAPPING. */
MEMBER
    : IDENTIFIER '.' IDENTIFIER
    ;

/** UNIT:SECTION or UNIT:SYMBOL. */
REFERENCE
    : IDENTIFIER ':' [A-Za-z0-9_.$@-]+
    ;

SECTION
    : '.' [A-Za-z0-9_.$@-]+
    ;

WORD
    : IDENTIFIER
    ;

fragment IDENTIFIER
    : [A-Za-z_] [A-Za-z0-9_-]*
    ;

/** Digits, base and unit are read by PolicyParser, which can say what is wrong with them. */
NUMBER
    : [0-9] [0-9A-Za-z_]*
    ;

STRING
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])* '"'
    ;

UNCLOSED_STRING
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])*
    ;

COMMENT
    : '//' ~[\r\n]* -> skip
    ;

BLOCK_COMMENT
    : '/*' .*? '*/' -> skip
    ;

UNCLOSED_COMMENT
    : '/*' .*? EOF
    ;

SPACE
    : [ \t\r\n]+ -> skip
    ;

/** Anything else: one error, not one a character. */
STRAY
    : .
    ;
