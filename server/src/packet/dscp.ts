/** Words for the two parts of the type of service octet and the IPv6 traffic class. */

// RFC 2474 (class selectors), RFC 2597 (assured forwarding), RFC 3246, RFC 5865 and RFC 8622.
const dscpNames: ReadonlyMap<number, string> = new Map([
  [0, 'default'],
  [1, 'LE'],
  ...Array.from({ length: 7 }, (_, i): [number, string] => [(i + 1) * 8, `CS${i + 1}`]),
  ...[1, 2, 3, 4].flatMap((group) =>
    [1, 2, 3].map((drop): [number, string] => [group * 8 + drop * 2, `AF${group}${drop}`]),
  ),
  [44, 'VA'],
  [46, 'EF'],
]);

export function describeDscp(value: number): string | undefined {
  return dscpNames.get(value);
}

/** RFC 3168 section 5. */
export function describeEcn(value: number): string | undefined {
  return ['Not-ECT', 'ECT(1)', 'ECT(0)', 'CE'][value];
}
