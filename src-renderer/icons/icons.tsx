import type { ReactNode } from 'react';

/** All drawn for this project. Decorative: whatever an icon says is also said in text beside it. */

interface IconProps {
  readonly size?: number;
}

function Icon({
  size = 16,
  box = 32,
  children,
}: {
  readonly size?: number;
  readonly box?: number;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <svg className="icon" width={size} height={size} viewBox={`0 0 ${box} ${box}`} aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

/** Gradients that the icons share; rendered once a page. */
export function IconDefinitions(): ReactNode {
  const stops = (id: string, ...colours: readonly string[]): ReactNode => (
    <linearGradient id={id} x1="0" y1="0" x2="0" y2="1">
      {colours.map((colour, index) => (
        <stop key={colour} offset={index / (colours.length - 1)} stopColor={colour} />
      ))}
    </linearGradient>
  );
  return (
    <svg className="icon-definitions" aria-hidden="true" focusable="false">
      <defs>
        {stops('i-screen', '#c9ebff', '#5db2ee', '#1d6fbf')}
        {stops('i-case', '#fdfdfe', '#c3ccd6', '#8793a0')}
        {stops('i-green', '#d6f7a8', '#7ccb2e', '#3d8a12')}
        {stops('i-grey', '#f4f4f4', '#c9c9c9', '#999999')}
        {stops('i-gold', '#fff3b8', '#f6c945', '#c98c09')}
        {stops('i-blue', '#8fd0f8', '#1b5fa8')}
      </defs>
    </svg>
  );
}

function Monitor({
  x,
  y,
  width,
  height,
}: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}): ReactNode {
  const middle = x + width / 2;
  return (
    <g>
      <path d={`M${middle - 3} ${y + height}h6l1 3.500h-8z`} fill="#9aa6b3" />
      <rect
        x={middle - 6}
        y={y + height + 3}
        width="12"
        height="2.200"
        rx="1.100"
        fill="url(#i-case)"
        stroke="#5f6d7b"
        strokeWidth=".7"
      />
      <rect x={x} y={y} width={width} height={height} rx="1.800" fill="url(#i-case)" stroke="#4c5a68" strokeWidth="1" />
      <rect
        x={x + 2}
        y={y + 2}
        width={width - 4}
        height={height - 4}
        rx=".6"
        fill="url(#i-screen)"
        stroke="#2b5d8d"
        strokeWidth=".7"
      />
      <path
        d={`M${x + 2.4} ${y + 2.4}h${width - 4.8}v${(height - 4) * 0.35}q-${(width - 4) / 2} 3-${width - 4.8} 0z`}
        fill="#fff"
        opacity=".45"
      />
    </g>
  );
}

/** A VPN connection: two computers and the ring between them. */
export function VpnIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <Monitor x={9.5} y={2} width={21} height={15} />
      <Monitor x={1} y={11} width={19} height={13.5} />
      <path
        d="M17.500 28.500a6.500 6.500 0 0 1 9-8.500M26.800 16.800l.2 4-4 .4"
        fill="none"
        stroke="#2d7d0b"
        strokeWidth="3.600"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <path
        d="M17.500 28.500a6.500 6.500 0 0 1 9-8.500M26.800 16.800l.2 4-4 .4"
        fill="none"
        stroke="#9be34f"
        strokeWidth="1.800"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Icon>
  );
}

/** A wired adapter: a computer and its plug. */
export function EthernetIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <Monitor x={5.5} y={2.5} width={25} height={18} />
      <path d="M8 31v-4" stroke="#3a4652" strokeWidth="2.200" />
      <path
        d="M3 19.500h10v5.500l-2 2.500H5l-2-2.500z"
        fill="url(#i-green)"
        stroke="#2b6410"
        strokeWidth="1"
        strokeLinejoin="round"
      />
      <path d="M5.500 16v3.500M8 16v3.500M10.500 16v3.500" stroke="#a98516" strokeWidth="1.300" />
    </Icon>
  );
}

/** Signal bars; `level` of 5 are lit. */
export function SignalIcon({ size, level = 5 }: IconProps & { readonly level?: number }): ReactNode {
  return (
    <Icon size={size}>
      {[0, 1, 2, 3, 4].map((bar) => (
        <rect
          key={bar}
          x={1.5 + bar * 6}
          y={23 - bar * 5}
          width="4.600"
          height={7 + bar * 5}
          rx="1"
          fill={bar < level ? 'url(#i-green)' : 'url(#i-grey)'}
          stroke={bar < level ? '#34720f' : '#8b8b8b'}
          strokeWidth=".9"
        />
      ))}
    </Icon>
  );
}

export function AdapterIcon({
  kind,
  signal,
  connected,
  size,
}: IconProps & { readonly kind: string; readonly signal: number | null; readonly connected: boolean }): ReactNode {
  if (kind === 'wifi')
    return <SignalIcon size={size} level={connected ? Math.max(1, Math.ceil((signal ?? 100) / 20)) : 0} />;
  return <EthernetIcon size={size} />;
}

export function RefreshIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size} box={16}>
      <path
        d="M2.500 7.500A5.500 5.500 0 0 1 12 4.200M13.500 8.500A5.500 5.500 0 0 1 4 11.800"
        fill="none"
        stroke="url(#i-green)"
        strokeWidth="2.600"
      />
      <path
        d="M2.500 7.500A5.500 5.500 0 0 1 12 4.200M13.500 8.500A5.500 5.500 0 0 1 4 11.800"
        fill="none"
        stroke="#2e7d14"
        strokeWidth="1.700"
      />
      <path d="M13.800 1.200v4.600H9.200zM2.200 14.800v-4.600h4.600z" fill="#2e7d14" />
    </Icon>
  );
}

export function Chevron({ open }: { readonly open: boolean }): ReactNode {
  return (
    <Icon size={11} box={11}>
      <path
        d={open ? 'M1.500 7.500l4-4 4 4' : 'M1.500 3.500l4 4 4-4'}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.700"
      />
    </Icon>
  );
}

/** Beside what leads to another menu. */
export function SubmenuGlyph(): ReactNode {
  return (
    <Icon size={9} box={9}>
      <path d="M2.500 1l4 3.500-4 3.500z" fill="currentColor" />
    </Icon>
  );
}

export function CloseGlyph(): ReactNode {
  return (
    <Icon size={12} box={12}>
      <path
        d="M2 1.500h2.200L6 3.700l1.800-2.200H10L7.300 5.500l2.900 4.300H8L6 7.300 4 9.800H1.800l2.900-4.300z"
        fill="#fff"
        stroke="#535666"
        strokeWidth=".8"
      />
    </Icon>
  );
}

export function MinimizeGlyph(): ReactNode {
  return (
    <Icon size={12} box={12}>
      <rect x="1.500" y="6.500" width="9" height="3" rx=".6" fill="#fff" stroke="#535666" strokeWidth=".8" />
    </Icon>
  );
}

export function ErrorIcon({ size = 32 }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <circle cx="16" cy="16" r="14" fill="#d6301f" stroke="#8f1309" strokeWidth="1.200" />
      <ellipse cx="16" cy="9.500" rx="10.500" ry="6.500" fill="#fff" opacity=".28" />
      <path d="M10.500 10.500l11 11M21.500 10.500l-11 11" stroke="#fff" strokeWidth="3.600" strokeLinecap="round" />
    </Icon>
  );
}

export function WarningIcon({ size = 32 }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <path d="M16 3L30 28.500H2z" fill="url(#i-gold)" stroke="#a97c05" strokeWidth="1.400" strokeLinejoin="round" />
      <path d="M16 11.500v8.500" stroke="#3b2d00" strokeWidth="3.200" strokeLinecap="round" />
      <circle cx="16" cy="24.300" r="1.900" fill="#3b2d00" />
    </Icon>
  );
}

export function LogIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <path d="M6 2.500h14l6.500 6.500v20.500H6z" fill="#fdfdfd" stroke="#7b8794" strokeWidth="1.200" />
      <path d="M20 2.500V9h6.500" fill="#dfe6ee" stroke="#7b8794" strokeWidth="1.200" />
      <path d="M10 13h12M10 17h12M10 21h9M10 25h11" stroke="#4f88c6" strokeWidth="1.500" />
    </Icon>
  );
}

export function FolderIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <path
        d="M2 7.500h10l2.500 3H30V27H2z"
        fill="url(#i-gold)"
        stroke="#a97c05"
        strokeWidth="1.100"
        strokeLinejoin="round"
      />
      <Monitor x={11} y={11} width={17} height={11.5} />
    </Icon>
  );
}

export function AppIcon({ size }: IconProps): ReactNode {
  return (
    <Icon size={size}>
      <circle cx="16" cy="16" r="14.500" fill="url(#i-blue)" stroke="#0d3c70" />
      <path
        d="M6 23c0-7 4.500-12.500 10-12.500S26 16 26 23"
        fill="none"
        stroke="#fff"
        strokeWidth="3"
        strokeLinecap="round"
      />
      <path
        d="M11.500 23c0-4 2-7 4.500-7s4.500 3 4.500 7"
        fill="none"
        stroke="#bfe6ff"
        strokeWidth="2.400"
        strokeLinecap="round"
      />
      <path
        d="M7 9.500A11 11 0 0 1 23 7.500M23 3.500v4.500h-4.500"
        fill="none"
        stroke="#b9f26c"
        strokeWidth="2.200"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </Icon>
  );
}

export type TrayState = 'connected' | 'busy' | 'dormant' | 'idle' | 'offline';

/** The notification-area icon: one overlay at most, bottom right. */
export function TrayIcon({ state, size = 20 }: IconProps & { readonly state: TrayState }): ReactNode {
  return (
    <Icon size={size} box={24}>
      <path d="M5 3.500h16.500v11.500H5z" fill="none" stroke="#fff" strokeWidth="1.800" strokeLinejoin="round" />
      <path d="M13.200 15v3.500M9 19.300h9" stroke="#fff" strokeWidth="1.800" />
      <path
        d="M1.500 9.500h5v3.200l-1.200 1.500H2.700l-1.200-1.500zM2.800 7v2.500M5.200 7v2.500M4 14.200v6.300"
        fill="#fff"
        stroke="#fff"
        strokeWidth="1.300"
      />
      {state === 'connected' && (
        <g>
          <path
            d="M15.200 15.600v-1.500a2.800 2.800 0 0 1 5.600 0v1.500"
            fill="none"
            stroke="#e9ffd0"
            strokeWidth="1.600"
          />
          <rect
            x="13.700"
            y="15.400"
            width="8.600"
            height="7"
            rx="1.200"
            fill="#6fc423"
            stroke="#234e06"
            strokeWidth=".8"
          />
        </g>
      )}
      {state === 'busy' && (
        <circle
          className="busy-ring"
          cx="17.500"
          cy="17.500"
          r="4.600"
          fill="none"
          stroke="#4db4ff"
          strokeWidth="2.600"
          strokeDasharray="20 9"
        />
      )}
      {state === 'dormant' && (
        <path
          d="M17.500 11.500l6 11h-12zM17.500 15v3.800M17.500 20.200v1.200"
          fill="#ffd23d"
          stroke="#6b4e00"
          strokeWidth="1"
          strokeLinejoin="round"
        />
      )}
      {state === 'offline' && (
        <g>
          <circle cx="17.500" cy="17.500" r="5.300" fill="#d6301f" stroke="#6e0d05" strokeWidth=".8" />
          <path d="M15.300 15.300l4.400 4.400M19.700 15.300l-4.400 4.400" stroke="#fff" strokeWidth="1.700" />
        </g>
      )}
    </Icon>
  );
}
