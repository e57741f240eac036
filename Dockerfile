# docker build -t databricks-job-gateway .
# Any image with Node 26 on Debian can be the base, such as one of your own registry: --build-arg NODE_IMAGE=…
ARG NODE_IMAGE=node:26-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Exactly what the lock file names, by its checksums, and no package runs a script. The development dependencies go first:
# npm ci asks for all of their platforms, even those that it omits, and a lock file made elsewhere may not know them.
RUN npm pkg delete devDependencies && npm ci --ignore-scripts
COPY scripts/strip-types.mjs ./scripts/
COPY openapi ./openapi
COPY src ./typed
RUN node scripts/strip-types.mjs typed src && chmod +x src/main.js
# Without the development dependencies and with the types gone, the program still starts and serves.
RUN src/main.js openapi --check

FROM ${NODE_IMAGE}
# Nobody installs packages in a running gateway, and what is not there needs no patches.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && install -d -o 1000 -g 1000 /data \
 && ln -s /app/src/main.js /usr/local/bin/job-gateway
COPY --from=build /app/node_modules /app/node_modules
COPY LICENSE package.json /app/
COPY openapi /app/openapi
COPY --from=build /app/src /app/src

# /data is the one place that is written, also under a read-only root: the ledger, SQLite's own temporary files, the
# folder of the demo. The default ledger, ./data/runs.db, is there too, since the working directory is the root.
VOLUME /data
# The young objects of requests get less room than Node's default: measured, 13 MB less when idle, 30 under load, and no
# more of the processor.
ENV NODE_OPTIONS=--max-semi-space-size=8 \
    NODE_ENV=production \
    GATEWAY_CONFIG=/etc/job-gateway/gateway.yaml \
    TMPDIR=/data \
    HEALTH_URL=http://127.0.0.1:8080/readyz
EXPOSE 8080 9090
# By number: Kubernetes can tell that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "http.get(process.env.HEALTH_URL, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))"]
ENTRYPOINT ["job-gateway"]
CMD ["serve"]

# Last, so that a new revision does not build anything anew.
ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="databricks-job-gateway" \
      org.opencontainers.image.description="Any scheduler that can make one HTTP call runs a Databricks job exactly once." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
