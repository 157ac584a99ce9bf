import { useApp } from './store';
import { themes, type Theme } from './theme-name';

const key = 'agile-vpn.theme';
const isTheme = (value: string | null): value is Theme => themes.some((theme) => theme === value);

/** Storage may be refused to a page; then the choice lasts until it is closed. */
function saved(): Theme {
  try {
    const value = window.localStorage.getItem(key);
    return isTheme(value) ? value : 'system';
  } catch {
    return 'system';
  }
}

const prefersDark = (): MediaQueryList => window.matchMedia('(prefers-color-scheme: dark)');

/** High contrast has its own colours: under forced colours neither variant adds any. */
function apply(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme === 'system' ? (prefersDark().matches ? 'dark' : 'light') : theme;
}

export function chooseTheme(theme: Theme): void {
  try {
    window.localStorage.setItem(key, theme);
  } catch {
    // Nothing to do: see saved.
  }
  useApp.setState({ theme });
  apply(theme);
}

/** At start, whenever the desktop turns dark or light, and when another window of the app chose. */
export function followTheme(): void {
  const again = (): void => {
    const theme = saved();
    useApp.setState({ theme });
    apply(theme);
  };
  again();
  prefersDark().addEventListener('change', again);
  window.addEventListener('storage', again);
}
