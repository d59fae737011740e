/** A binary heap of nodes by cost, without a decrease-key: a node goes in again, and who takes it out looks whether it still counts. */
export class CostHeap {
  #costs = new Float64Array(1024);
  #nodes = new Int32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  push(cost: number, node: number): void {
    if (this.#size === this.#costs.length) this.#grow();
    const costs = this.#costs;
    const nodes = this.#nodes;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(cost, node, costs[parent] as number, nodes[parent] as number)) break;
      costs[at] = costs[parent] as number;
      nodes[at] = nodes[parent] as number;
      at = parent;
    }
    costs[at] = cost;
    nodes[at] = node;
  }

  /** The cost of what `pop` takes next. */
  get least(): number {
    return this.#costs[0] as number;
  }

  /** The node of the least cost; of equal ones, the one of the least number: the same on every machine. */
  pop(): number {
    const costs = this.#costs;
    const nodes = this.#nodes;
    const top = nodes[0] as number;
    const last = --this.#size;
    const cost = costs[last] as number;
    const node = nodes[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      const right = child + 1;
      if (right < last && isBefore(costs[right] as number, nodes[right] as number, costs[child] as number, nodes[child] as number))
        child = right;
      if (!isBefore(costs[child] as number, nodes[child] as number, cost, node)) break;
      costs[at] = costs[child] as number;
      nodes[at] = nodes[child] as number;
      at = child;
    }
    costs[at] = cost;
    nodes[at] = node;
    return top;
  }

  #grow(): void {
    const costs = new Float64Array(2 * this.#costs.length);
    const nodes = new Int32Array(2 * this.#nodes.length);
    costs.set(this.#costs);
    nodes.set(this.#nodes);
    this.#costs = costs;
    this.#nodes = nodes;
  }
}

function isBefore(costA: number, nodeA: number, costB: number, nodeB: number): boolean {
  return costA < costB || (costA === costB && nodeA < nodeB);
}
