/**
 * Programs of the classic BPF machine, as filter rules carry them (`bpf-v4 { "0x20 0 0 0xc ..." }`): four numbers
 * an instruction, in the order code, true jump, false jump, operand. What a program says of a packet is worked out
 * in `packet/bpf.ts`; here is only its form and the check that the kernel makes before it takes one
 * (`bpf_validate`, BSD's net/bpf_filter.c).
 */

export interface BpfInstruction {
  /** 16 bits: class, size, mode or operation (McCanne and Jacobson 1993, section 3.3). */
  readonly code: number;
  /** Instructions to step over when the test holds, 8 bits. */
  readonly whenTrue: number;
  readonly whenFalse: number;
  /** 32 bits, unsigned. */
  readonly operand: number;
}

export type BpfProgram = readonly BpfInstruction[];

/** Classes, sizes, modes and operations: parts of an instruction's code (net/bpf.h). */
export const BPF = {
  ld: 0x00,
  ldx: 0x01,
  st: 0x02,
  stx: 0x03,
  alu: 0x04,
  jmp: 0x05,
  ret: 0x06,
  misc: 0x07,
  word: 0x00,
  half: 0x08,
  byte: 0x10,
  imm: 0x00,
  abs: 0x20,
  ind: 0x40,
  mem: 0x60,
  len: 0x80,
  msh: 0xa0,
  add: 0x00,
  sub: 0x10,
  mul: 0x20,
  div: 0x30,
  or: 0x40,
  and: 0x50,
  lsh: 0x60,
  rsh: 0x70,
  neg: 0x80,
  ja: 0x00,
  jeq: 0x10,
  jgt: 0x20,
  jge: 0x30,
  jset: 0x40,
  k: 0x00,
  x: 0x08,
  a: 0x10,
  tax: 0x00,
  txa: 0x80,
} as const;

/** Words of scratch memory (BPF_MEMWORDS). */
export const BPF_MEMORY_WORDS = 16;
const MOST_INSTRUCTIONS = 512;

/** The numbers of a rule, read as strtol(3) does. Undefined: not numbers, or not four an instruction. */
export function parseBpfWords(text: string): BpfProgram | undefined {
  const words = text.split(/[ \t\r\n]+/).filter((word) => word !== '');
  if (words.length === 0 || words.length % 4 !== 0 || words.length > 4 * MOST_INSTRUCTIONS) return undefined;
  const numbers: number[] = [];
  for (const word of words) {
    const number = numberOf(word);
    if (number === undefined) return undefined;
    numbers.push(number);
  }
  const program: BpfInstruction[] = [];
  for (let i = 0; i < numbers.length; i += 4) {
    program.push({
      code: numbers[i]! & 0xffff,
      whenTrue: numbers[i + 1]! & 0xff,
      whenFalse: numbers[i + 2]! & 0xff,
      operand: numbers[i + 3]!,
    });
  }
  return program;
}

/** As `ipf -v` prints a program: zero without a prefix, everything else in hexadecimal. */
export function formatBpfWords(program: BpfProgram): string {
  const word = (number: number) => (number === 0 ? '0' : `0x${number.toString(16)}`);
  return program
    .flatMap(({ code, whenTrue, whenFalse, operand }) => [code, whenTrue, whenFalse, operand].map(word))
    .join(' ');
}

/**
 * Whether the kernel takes the program: known instructions, jumps forward and inside, memory inside, no division by
 * a constant zero, a return at the end. Only such a program is sure to end.
 */
export function isValidBpf(program: BpfProgram): boolean {
  const last = program.at(-1);
  if (last === undefined || program.length > MOST_INSTRUCTIONS || (last.code & 7) !== BPF.ret) return false;
  return program.every((instruction, at) => isValidInstruction(instruction, program.length - at - 1));
}

/** `rest`: instructions behind this one. */
function isValidInstruction({ code, whenTrue, whenFalse, operand }: BpfInstruction, rest: number): boolean {
  if ((code & ~0xff) !== 0) return false;
  switch (code & 7) {
    case BPF.ld:
    case BPF.ldx:
      if (!LOADS.has(code)) return false;
      return (code & 0xe0) !== BPF.mem || operand < BPF_MEMORY_WORDS;
    case BPF.st:
    case BPF.stx:
      return (code & ~7) === 0 && operand < BPF_MEMORY_WORDS;
    case BPF.alu: {
      const operation = code & 0xf0;
      if (operation > BPF.neg) return false;
      return code !== (BPF.alu | BPF.div | BPF.k) || operand !== 0;
    }
    case BPF.jmp: {
      const operation = code & 0xf0;
      if (operation > BPF.jset) return false;
      if (operation === BPF.ja) return code === BPF.jmp && operand < rest;
      return whenTrue < rest && whenFalse < rest;
    }
    case BPF.ret:
      return code === (BPF.ret | BPF.k) || code === (BPF.ret | BPF.a);
    default:
      return code === (BPF.misc | BPF.tax) || code === (BPF.misc | BPF.txa);
  }
}

const LOADS: ReadonlySet<number> = new Set([
  ...[BPF.word, BPF.half, BPF.byte].flatMap((size) => [BPF.ld | size | BPF.abs, BPF.ld | size | BPF.ind]),
  BPF.ld | BPF.imm,
  BPF.ld | BPF.mem,
  BPF.ld | BPF.len,
  BPF.ldx | BPF.imm,
  BPF.ldx | BPF.mem,
  BPF.ldx | BPF.len,
  BPF.ldx | BPF.byte | BPF.msh,
]);

function numberOf(word: string): number | undefined {
  if (/^0x[0-9a-f]{1,8}$/i.test(word)) return Number.parseInt(word, 16);
  if (/^0[0-7]{1,11}$/.test(word)) return Number.parseInt(word, 8) >>> 0;
  return /^(?:0|[1-9]\d{0,9})$/.test(word) ? Number(word) % 0x100000000 : undefined;
}
