/** How setkey's statements are written, part by part (setkey(8)). */
import type { FormPart, StatementForm } from '../signature';

const options: FormPart = {
  label: '[-46n]',
  documentation: '`-4` or `-6`: which family a name is looked up in; `-n`: no look-up.',
  opens: /^-[46n]+$/,
};
const source: FormPart = { label: 'SOURCE', documentation: 'Address the protected packets leave from.' };
const destination: FormPart = { label: 'DESTINATION', documentation: 'Address the protected packets go to.' };
const protocol: FormPart = {
  label: 'PROTOCOL',
  documentation: '`esp`, `ah`, `ipcomp`, `esp-udp`, `tcp` (MD5 signatures), or the old `esp-old`, `ah-old`.',
};
const spi: FormPart = {
  label: 'SPI',
  documentation: 'Security Parameters Index, decimal or 0x-hexadecimal; 1 to 255 are reserved.',
};
const from: FormPart = {
  label: 'SOURCE[/LENGTH][[PORT]]',
  documentation: 'Addresses the packets come from, e.g. `10.1.0.0/24[any]`.',
};
const to: FormPart = {
  label: 'DESTINATION[/LENGTH][[PORT]]',
  documentation: 'Addresses the packets go to, e.g. `10.2.0.0/24[any]`.',
};
const upper: FormPart = {
  label: 'UPPER',
  documentation: 'Protocol above IP: `any`, `tcp`, `udp`, `icmp6` (with type and code), `ip4`, or a number.',
};
const policy: FormPart = {
  label: '-P DIRECTION [priority] ACTION',
  documentation:
    '`in`, `out` (Linux also `fwd`); then `discard`, `none` or `ipsec` with requests such as `esp/tunnel/192.0.2.1-203.0.113.1/require`.',
  opens: /^-p$/,
};

export const setkeyForms: readonly StatementForm[] = [
  {
    heads: ['add'],
    documentation: 'Adds a security association to the SAD. Ends with `;`.',
    parts: [
      options,
      source,
      destination,
      protocol,
      spi,
      {
        label: '[EXTENSIONS]',
        documentation: '`-m MODE`, `-u ID`, `-r WINDOW`, `-f PADDING`, `-lh TIME`, `-ls TIME`.',
        opens: /^-[murfl][hs]?$/,
      },
      {
        label: 'ALGORITHM',
        documentation: '`-E CIPHER KEY`, `-A HASH KEY`, both of them, or `-C COMPRESSION [-R]`.',
        opens: /^-[eacr]$/,
      },
    ],
  },
  {
    heads: ['get', 'delete'],
    documentation: 'Shows or deletes the security association with this SPI.',
    parts: [options, source, destination, protocol, spi],
  },
  {
    heads: ['deleteall'],
    documentation: 'Deletes every security association between two addresses.',
    parts: [options, source, destination, protocol],
  },
  {
    heads: ['spdadd', 'spdupdate'],
    documentation: 'Adds a security policy to the SPD. Ends with `;`.',
    parts: [options, from, to, upper, policy],
  },
  {
    heads: ['spddelete'],
    documentation: 'Deletes the security policy with this selector.',
    parts: [options, from, to, upper, { ...policy, label: '-P DIRECTION' }],
  },
  {
    heads: ['flush', 'dump'],
    documentation: 'All security associations, or those of one protocol.',
    parts: [{ ...protocol, label: '[PROTOCOL]' }],
  },
];
