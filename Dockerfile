# TypeScript runs as it is, on the Node.js that package-lock.json pins; the review page alone is built.
FROM node:24-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY vite.config.ts tsconfig.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts \
 && mv node_modules/node-linux-*/bin/node /usr/local/bin/parallax-node \
 && mkdir /empty

FROM debian:bookworm-slim
# What the pinned Node.js is linked against beyond glibc. It brings its own certificate authorities.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libatomic1 libstdc++6 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /usr/local/bin/parallax-node /usr/local/bin/node
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY config ./config
COPY src ./src
COPY --from=page /app/dist ./dist
# The store is all that is written: the root file system may be read-only.
COPY --from=dependencies --chown=65532:65532 /empty /data
ENV PARALLAX_DATA=/data
VOLUME /data
USER 65532:65532
# Clients; the admin listener stays on loopback unless PARALLAX_ADMIN and a token say otherwise.
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/node", "/app/bin/healthcheck.js"]
# Exec form: signals reach Parallax itself.
ENTRYPOINT ["/usr/local/bin/node", "/app/bin/parallax.js"]
CMD ["run"]
