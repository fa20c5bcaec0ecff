/**
 * The BPF program of a rule: its numbers as they are written, or a filter expression compiled as ipf lets libpcap
 * do it, for packets that begin with the IPv4 header and with one byte to accept. The words of a program with one
 * test are libpcap's own; where its optimizer threads jumps of longer ones, ours may have more words and say the
 * same of every packet.
 *
 * Conditions become a graph of blocks (loads, then a jump to one of two blocks), laid out so that every jump leads
 * forward: a block, then what its "true" leads to, then the rest.
 */
import { BPF, type BpfInstruction, type BpfProgram, isValidBpf, parseBpfWords } from '../../policy/bpf';
import { type BpfCondition, parseBpfExpression, type Sides } from './bpfExpression';

/** Undefined: it is not known what program this makes, or the kernel refuses it. */
export function bpfProgramOf(kind: 'bpf-v4' | 'bpf-v6', text: string): BpfProgram | undefined {
  const isNumbers = text.startsWith('0x');
  if (!isNumbers && kind === 'bpf-v6') return undefined;
  const program = isNumbers ? parseBpfWords(text) : compileBpf(text);
  return program !== undefined && isValidBpf(program) ? program : undefined;
}

function compileBpf(text: string): BpfProgram | undefined {
  const condition = parseBpfExpression(text);
  if (condition === undefined) return undefined;
  const root = blocksOf(condition, ACCEPT, REJECT);
  const program = assemble(root);
  if (program === undefined || isReturn(root)) return program;
  // The test "is this IPv4?" is always true on raw packets: libpcap drops its jump and leaves its load.
  return beginsWithLength(condition)
    ? program
    : [{ code: BPF.ld | BPF.imm, whenTrue: 0, whenFalse: 0, operand: 0 }, ...program];
}

interface Load {
  readonly register: 'a' | 'x';
  readonly code: number;
  readonly operand: number;
  /** What the register holds afterwards: the same text, the same value. */
  readonly result: string;
}

interface TestBlock {
  readonly kind: 'test';
  readonly loads: readonly Load[];
  readonly jump: number;
  readonly operand: number;
  readonly whenTrue: Block;
  readonly whenFalse: Block;
}

interface ReturnBlock {
  readonly kind: 'return';
  readonly operand: number;
}

type Block = TestBlock | ReturnBlock;

const ACCEPT: ReturnBlock = { kind: 'return', operand: 1 };
const REJECT: ReturnBlock = { kind: 'return', operand: 0 };

function isReturn(block: Block): block is ReturnBlock {
  return block.kind === 'return';
}

function blocksOf(condition: BpfCondition, yes: Block, no: Block): Block {
  switch (condition.kind) {
    case 'always':
      return yes;
    case 'and':
      return blocksOf(condition.left, blocksOf(condition.right, yes, no), no);
    case 'or':
      return blocksOf(condition.left, yes, blocksOf(condition.right, yes, no));
    case 'not':
      return blocksOf(condition.of, no, yes);
    case 'address':
      return addressBlock(condition.side === 'source' ? 12 : 16, condition.value, condition.mask, yes, no);
    case 'protocol':
      return test([LOAD_PROTOCOL], BPF.jeq, condition.number, yes, no);
    case 'port':
      return test(
        [LOAD_PROTOCOL],
        BPF.jeq,
        condition.protocol,
        test([LOAD_FRAGMENT], BPF.jset, 0x1fff, no, portBlocks(condition, yes, no)),
        no,
      );
    case 'length':
      return condition.at === 'least'
        ? test([LOAD_LENGTH], BPF.jge, condition.bytes, yes, no)
        : test([LOAD_LENGTH], BPF.jgt, condition.bytes, no, yes);
    default: {
      const impossible: never = condition;
      return impossible;
    }
  }
}

function test(
  loads: readonly Load[],
  jump: number,
  operand: number,
  whenTrue: Block,
  whenFalse: Block,
): TestBlock {
  return { kind: 'test', loads, jump, operand, whenTrue, whenFalse };
}

function load(size: number, mode: number, operand: number): Load {
  return { register: 'a', code: BPF.ld | size | mode, operand, result: `${size} ${mode} ${operand}` };
}

const LOAD_PROTOCOL = load(BPF.byte, BPF.abs, 9);
const LOAD_FRAGMENT = load(BPF.half, BPF.abs, 6);
const LOAD_LENGTH = load(BPF.word, BPF.len, 0);
const LOAD_HEADER_LENGTH: Load = {
  register: 'x',
  code: BPF.ldx | BPF.byte | BPF.msh,
  operand: 0,
  result: 'header length',
};

function addressBlock(offset: number, value: number, mask: number, yes: Block, no: Block): Block {
  if (mask === 0) return yes;
  const whole = load(BPF.word, BPF.abs, offset);
  if (mask === 0xffffffff) return test([whole], BPF.jeq, value, yes, no);
  const masked: Load = {
    register: 'a',
    code: BPF.alu | BPF.and | BPF.k,
    operand: mask,
    result: `${whole.result} & ${mask}`,
  };
  return test([whole, masked], BPF.jeq, value, yes, no);
}

function portBlocks(
  { sides, first, last }: { sides: Sides; first: number; last: number },
  yes: Block,
  no: Block,
): Block {
  const one = (offset: number, then: Block, otherwise: Block): Block => {
    const loads = [LOAD_HEADER_LENGTH, load(BPF.half, BPF.ind, offset)];
    if (first === last) return test(loads, BPF.jeq, first, then, otherwise);
    return test(loads, BPF.jge, first, test(loads, BPF.jgt, last, otherwise, then), otherwise);
  };
  switch (sides) {
    case 'source':
      return one(0, yes, no);
    case 'destination':
      return one(2, yes, no);
    case 'either':
      return one(0, yes, one(2, yes, no));
    case 'both':
      return one(0, one(2, yes, no), no);
  }
}

/** The first test made is of the length: libpcap asks for no protocol before it. */
function beginsWithLength(condition: BpfCondition): boolean {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return beginsWithLength(condition.left);
    case 'not':
      return beginsWithLength(condition.of);
    default:
      return condition.kind === 'length';
  }
}

/** Undefined when a jump is longer than its 8 bits. */
function assemble(root: Block): BpfProgram | undefined {
  const order = inOrder(root);
  const needed = neededLoads(order);
  const starts = new Map<Block, number>();
  let length = 0;
  for (const block of order) {
    starts.set(block, length);
    length += (needed.get(block)?.length ?? 0) + 1;
  }
  const program: BpfInstruction[] = [];
  for (const block of order) {
    for (const { code, operand } of needed.get(block) ?? [])
      program.push({ code, whenTrue: 0, whenFalse: 0, operand });
    if (isReturn(block)) {
      program.push({ code: BPF.ret | BPF.k, whenTrue: 0, whenFalse: 0, operand: block.operand });
      continue;
    }
    const behind = program.length + 1;
    const whenTrue = starts.get(block.whenTrue)! - behind;
    const whenFalse = starts.get(block.whenFalse)! - behind;
    if (whenTrue > 255 || whenFalse > 255) return undefined;
    program.push({ code: BPF.jmp | block.jump | BPF.k, whenTrue, whenFalse, operand: block.operand });
  }
  return program;
}

/** Every block before those it leads to; libpcap fills its program from the end, "false" side first. */
function inOrder(root: Block): Block[] {
  const done = new Set<Block>();
  const backwards: Block[] = [];
  const visit = (block: Block): void => {
    if (done.has(block)) return;
    done.add(block);
    if (!isReturn(block)) {
      visit(block.whenFalse);
      visit(block.whenTrue);
    }
    backwards.push(block);
  };
  visit(root);
  return backwards.reverse();
}

interface Registers {
  readonly a: string | undefined;
  readonly x: string | undefined;
}

/** Loads that are left when a register already holds the value on every way into a block. */
function neededLoads(order: readonly Block[]): Map<Block, readonly Load[]> {
  const needed = new Map<Block, readonly Load[]>();
  const known = new Map<Block, Registers>();
  const arrive = (block: Block, registers: Registers): void => {
    const before = known.get(block);
    known.set(
      block,
      before === undefined
        ? registers
        : {
            a: before.a === registers.a ? before.a : undefined,
            x: before.x === registers.x ? before.x : undefined,
          },
    );
  };
  for (const block of order) {
    if (isReturn(block)) continue;
    const registers = { a: known.get(block)?.a, x: known.get(block)?.x };
    const held = block.loads.findLastIndex((one) => one.register === 'a' && one.result === registers.a);
    const rest = block.loads.filter(
      (one, at) => (one.register === 'x' || at > held) && registers[one.register] !== one.result,
    );
    needed.set(block, rest);
    for (const one of block.loads) registers[one.register] = one.result;
    arrive(block.whenTrue, registers);
    arrive(block.whenFalse, registers);
  }
  return needed;
}
