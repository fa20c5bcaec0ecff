/** The part of des.js that `crypto.ts` uses; the package brings no types. */
declare module 'des.js' {
  interface Cipher {
    update(data: ArrayLike<number>): number[];
    final(): number[];
  }
  interface CipherOptions {
    readonly type: 'encrypt' | 'decrypt';
    readonly key: ArrayLike<number>;
    readonly iv: ArrayLike<number>;
    readonly padding: boolean;
  }
  interface BlockCipherClass {
    readonly prototype: Cipher;
  }
  const des: {
    readonly DES: BlockCipherClass;
    readonly EDE: BlockCipherClass;
    readonly CBC: { instantiate(base: BlockCipherClass): { create(options: CipherOptions): Cipher } };
  };
  export default des;
}
