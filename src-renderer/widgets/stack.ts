import { create } from 'zustand';

/**
 * Which window is in front: identifiers, bottom to top. Kept apart from the data so that a click re-renders frames
 * only.
 */
export const useStack = create<{ readonly order: readonly string[] }>(() => ({ order: [] }));

export function raise(id: string): void {
  useStack.setState(({ order }) =>
    order.at(-1) === id ? {} : { order: [...order.filter((other) => other !== id), id] },
  );
}

export function sink(id: string): void {
  useStack.setState(({ order }) => ({ order: order.filter((other) => other !== id) }));
}
