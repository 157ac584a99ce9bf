import type { ReactNode } from 'react';

/** Light through a tunnel; drawn for this project. */
export function Wallpaper(): ReactNode {
  const rings = Array.from({ length: 14 }, (_, index) => index);
  return (
    <svg
      className="wallpaper"
      viewBox="0 0 1600 900"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <defs>
        <radialGradient id="w-sky" cx=".36" cy=".44" r=".85">
          <stop offset="0" stopColor="#7fd2f7" />
          <stop offset=".16" stopColor="#3fa6e4" />
          <stop offset=".45" stopColor="#1767b4" />
          <stop offset=".8" stopColor="#0a3f82" />
          <stop offset="1" stopColor="#052453" />
        </radialGradient>
        <radialGradient id="w-glow">
          <stop offset="0" stopColor="#fff" stopOpacity=".95" />
          <stop offset=".3" stopColor="#c8f0ff" stopOpacity=".5" />
          <stop offset="1" stopColor="#8fd8ff" stopOpacity="0" />
        </radialGradient>
        <linearGradient id="w-beam" x1="0" y1="0" x2="1" y2="0">
          <stop offset="0" stopColor="#dff6ff" stopOpacity="0" />
          <stop offset=".35" stopColor="#dff6ff" stopOpacity=".75" />
          <stop offset="1" stopColor="#9fe06a" stopOpacity="0" />
        </linearGradient>
      </defs>
      <rect width="1600" height="900" fill="url(#w-sky)" />
      <g fill="none" stroke="#dff4ff">
        {rings.map((ring) => (
          <ellipse
            key={ring}
            cx={575 + ring * 9}
            cy={395 + ring * 6}
            rx={36 + ring * ring * 7}
            ry={30 + ring * ring * 5.2}
            strokeOpacity={0.26 - ring * 0.014}
            strokeWidth={1.5 + ring * 0.9}
          />
        ))}
      </g>
      <circle cx="575" cy="395" r="210" fill="url(#w-glow)" />
      <g fill="none" stroke="url(#w-beam)">
        <path d="M-60 770C330 690 470 480 575 395 690 300 1010 250 1660 60" strokeWidth="6" strokeOpacity=".8" />
        <path d="M-60 850C380 740 480 500 575 395 720 240 1090 300 1660 210" strokeWidth="3" strokeOpacity=".7" />
        <path d="M-60 640C300 620 460 450 575 395 760 310 1120 480 1660 420" strokeWidth="9" strokeOpacity=".25" />
      </g>
    </svg>
  );
}
