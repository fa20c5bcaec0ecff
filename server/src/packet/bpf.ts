/**
 * The classic BPF machine: an accumulator, an index register, sixteen words of memory, loads from the packet and
 * jumps forward (BSD's `bpf_filter`, net/bpf_filter.c). A load outside the packet, a division by zero or an
 * instruction that is none ends the program with "nothing accepted", so any program over any bytes gives an
 * answer; jumps only lead forward, so it comes after as many steps as there are instructions at most.
 */
import { BPF, BPF_MEMORY_WORDS, type BpfProgram } from '../policy/bpf';

/**
 * Bytes of the packet that the program accepts, 0 for none of it.
 *
 * @param bytes from the first byte that offset 0 means; loads end where they end
 * @param length of the whole packet, as `len` gives it, bytes
 */
export function runBpf(program: BpfProgram, bytes: Uint8Array, length: number): number {
  let a = 0;
  let x = 0;
  let memory: Uint32Array | undefined;
  for (let at = 0; at < program.length; at++) {
    const { code, whenTrue, whenFalse, operand } = program[at]!;
    switch (code & 7) {
      case BPF.ld: {
        const value = loaded(code, operand, x, bytes, length, memory);
        if (value === undefined) return 0;
        a = value;
        break;
      }
      case BPF.ldx: {
        const value =
          (code & 0xe0) === BPF.msh
            ? headerLengthAt(bytes, operand)
            : loaded(code, operand, x, bytes, length, memory);
        if (value === undefined) return 0;
        x = value;
        break;
      }
      case BPF.st:
      case BPF.stx:
        if (operand >= BPF_MEMORY_WORDS) return 0;
        memory ??= new Uint32Array(BPF_MEMORY_WORDS);
        memory[operand] = (code & 7) === BPF.st ? a : x;
        break;
      case BPF.alu: {
        const value = computed(code & 0xf0, a, (code & BPF.x) === 0 ? operand : x);
        if (value === undefined) return 0;
        a = value;
        break;
      }
      case BPF.jmp: {
        const operation = code & 0xf0;
        if (operation === BPF.ja) {
          at += operand;
          break;
        }
        const holds = compared(operation, a, (code & BPF.x) === 0 ? operand : x);
        if (holds === undefined) return 0;
        at += holds ? whenTrue : whenFalse;
        break;
      }
      case BPF.ret:
        return (code & 0x18) === BPF.a ? a : operand;
      default:
        if ((code & 0xf8) === BPF.tax) x = a;
        else if ((code & 0xf8) === BPF.txa) a = x;
        else return 0;
    }
  }
  return 0;
}

function loaded(
  code: number,
  operand: number,
  x: number,
  bytes: Uint8Array,
  length: number,
  memory: Uint32Array | undefined,
): number | undefined {
  switch (code & 0xe0) {
    case BPF.imm:
      return operand;
    case BPF.abs:
      return readAt(bytes, operand, code & 0x18);
    case BPF.ind:
      return readAt(bytes, operand + x, code & 0x18);
    case BPF.mem:
      return operand < BPF_MEMORY_WORDS ? (memory?.[operand] ?? 0) : undefined;
    case BPF.len:
      return length >>> 0;
    default:
      return undefined;
  }
}

function readAt(bytes: Uint8Array, offset: number, size: number): number | undefined {
  const count = size === BPF.word ? 4 : size === BPF.half ? 2 : size === BPF.byte ? 1 : 0;
  if (count === 0 || offset + count > bytes.length) return undefined;
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 256 + bytes[offset + i]!;
  return value;
}

/** `4 * (byte & 15)`: the length of an IPv4 header that begins there. */
function headerLengthAt(bytes: Uint8Array, offset: number): number | undefined {
  const first = bytes[offset];
  return first === undefined ? undefined : (first & 15) << 2;
}

function computed(operation: number, a: number, b: number): number | undefined {
  switch (operation) {
    case BPF.add:
      return (a + b) >>> 0;
    case BPF.sub:
      return (a - b) >>> 0;
    case BPF.mul:
      return Math.imul(a, b) >>> 0;
    case BPF.div:
      return b === 0 ? undefined : Math.floor(a / b);
    case BPF.or:
      return (a | b) >>> 0;
    case BPF.and:
      return (a & b) >>> 0;
    case BPF.lsh:
      return b > 31 ? 0 : (a << b) >>> 0;
    case BPF.rsh:
      return b > 31 ? 0 : a >>> b;
    case BPF.neg:
      return -a >>> 0;
    default:
      return undefined;
  }
}

function compared(operation: number, a: number, b: number): boolean | undefined {
  switch (operation) {
    case BPF.jeq:
      return a === b;
    case BPF.jgt:
      return a > b;
    case BPF.jge:
      return a >= b;
    case BPF.jset:
      return (a & b) !== 0;
    default:
      return undefined;
  }
}
