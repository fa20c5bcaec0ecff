/** The lines of the small drawings, each on a square of 16 by 16. */
export const iconPaths = {
  arrow: 'M2.5 8h10M9 4.5 12.5 8 9 11.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  pencil: 'M3 13l.8-3.2 7.2-7.2 2.4 2.4-7.2 7.2zM9.5 4.1l2.4 2.4',
  skip: 'M2.5 9.5a5.5 5.5 0 0 1 10-2M12.8 3.5v4h-4',
  flag: 'M4 14V2.5h8.5l-2.2 3 2.2 3H4',
  send: 'M2.5 3 13.5 8l-11 5 2-5zM4.5 8h5',
  question: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2C8.3 8.6 8 9 8 10M8 12.6v.4',
  loop: 'M12.5 5.5A5 5 0 1 0 13 8M12.8 2.5v3.2H9.6',
  warning: 'M8 2.5 14.5 13.5h-13zM8 6.5v3.5M8 11.8v.2',
  info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5v3.5M8 5v.2',
  lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  document: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  chevron: 'M6 4l4 4-4 4',
} as const;

export type IconName = keyof typeof iconPaths;
