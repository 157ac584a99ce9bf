import type { ReactNode } from 'react';

/** The picture across the credentials dialog: two ends and the light between them. Drawn here, decorative. */
export function Banner(): ReactNode {
  return (
    <svg
      className="banner"
      viewBox="0 0 360 62"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <defs>
        <linearGradient id="b-sky" x1="0" y1="0" x2="1" y2="0">
          <stop offset="0" stopColor="#f4faff" />
          <stop offset=".45" stopColor="#b9dcf5" />
          <stop offset="1" stopColor="#3f8ccb" />
        </linearGradient>
        <linearGradient id="b-beam" x1="0" y1="0" x2="1" y2="0">
          <stop offset="0" stopColor="#fff" stopOpacity="0" />
          <stop offset=".5" stopColor="#fff" stopOpacity=".9" />
          <stop offset="1" stopColor="#fff" stopOpacity="0" />
        </linearGradient>
      </defs>
      <rect width="360" height="62" fill="url(#b-sky)" />
      <g fill="none" stroke="#fff">
        {[0, 1, 2, 3, 4, 5, 6].map((ring) => (
          <ellipse
            key={ring}
            cx={250 - ring * 17}
            cy="31"
            rx={11 + ring * 4.5}
            ry={17 + ring * 6}
            strokeOpacity={0.55 - ring * 0.07}
            strokeWidth="1.600"
          />
        ))}
      </g>
      <path d="M20 34C120 14 210 50 350 22" fill="none" stroke="url(#b-beam)" strokeWidth="5" />
      <path d="M20 34C120 14 210 50 350 22" fill="none" stroke="#fff" strokeWidth="1.200" />
      <path d="M10 46C130 24 220 60 355 34" fill="none" stroke="url(#b-beam)" strokeWidth="2" />
      <g transform="translate(20 12) scale(1.2)">
        <rect x="1" y="3" width="25" height="18" rx="2" fill="url(#i-case)" stroke="#4c5a68" />
        <rect x="3.500" y="5.500" width="20" height="13" fill="url(#i-screen)" stroke="#2b5d8d" strokeWidth=".7" />
        <path d="M10.500 21h6l1.500 5h-9z" fill="#9aa6b3" />
        <rect
          x="6"
          y="25.500"
          width="15"
          height="2.500"
          rx="1.200"
          fill="url(#i-case)"
          stroke="#5f6d7b"
          strokeWidth=".7"
        />
      </g>
      <g transform="translate(300 9)">
        <rect x="6" y="0" width="26" height="45" rx="2" fill="url(#i-case)" stroke="#4c5a68" />
        <path d="M10 6h18M10 11h18M10 16h18" stroke="#6d7a88" strokeWidth="1.600" />
        <circle cx="19" cy="35" r="3.200" fill="url(#i-green)" stroke="#34720f" strokeWidth=".8" />
      </g>
    </svg>
  );
}
