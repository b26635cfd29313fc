// Light, dark, or as the system has it; kept in the browser.

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'whygrad-theme'
const ORDER: readonly Theme[] = ['auto', 'light', 'dark']

export function keptTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return ORDER.find((theme) => theme === kept) ?? 'auto'
  } catch {
    return 'auto' // a page that may keep nothing, such as a sandboxed notebook
  }
}

export function keepTheme(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // then it holds for this visit
  }
}

export function nextTheme(theme: Theme): Theme {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length]!
}
