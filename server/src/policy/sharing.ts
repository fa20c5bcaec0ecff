/**
 * One object for what is equal. A long policy says few things very often (`on fxp0`, `proto tcp`, `flags S`); each
 * said once takes a small part of the memory. For values that nobody changes.
 */
export class Shared<Value> {
  private readonly byKey = new Map<string | number, Value>();

  /** Beyond `most` different ones it begins anew, so that it holds no more than what is of use. */
  constructor(private readonly most = 8192) {}

  get(key: string | number, make: () => Value): Value {
    let value = this.byKey.get(key);
    if (value === undefined) {
      if (this.byKey.size >= this.most) this.byKey.clear();
      value = make();
      this.byKey.set(key, value);
    }
    return value;
  }
}
