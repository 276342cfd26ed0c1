// What both upstreams answer: about 1 kB of JSON, the same bytes always.

export const ANSWER_BODY = JSON.stringify({
  id: 4711,
  name: "oak chair",
  price: 129.95,
  isAvailable: true,
  tags: ["oak", "chair", "dining"],
  description: "A dining chair of solid oak. ".repeat(12).trim(),
  variants: Array.from({ length: 8 }, (_, index) => ({
    sku: `SKU-${4711 + index}`,
    stock: index * 3,
    priceDelta: index / 4,
  })),
});
