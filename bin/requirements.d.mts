export function defined(): readonly { readonly id: string; readonly file: string }[];
export function citations(): ReadonlyMap<string, ReadonlySet<string>>;
export function report(): string;
