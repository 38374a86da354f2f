# An image of one service: docker build --build-arg SERVICE=NAME --build-arg COMMIT=$(git rev-parse HEAD) .
# It contains the executable, its licences and bill of materials, and a folder for data.

# The build runs on the machine's own architecture, also for an image of the other one.
FROM --platform=$BUILDPLATFORM oven/bun:1.4.5 AS build
WORKDIR /build
# Packages change less often than sources: a layer of their own stays cached.
COPY package.json bun.lock ./
RUN bun install --frozen-lockfile --production --ignore-scripts
COPY . .
ARG SERVICE
ARG COMMIT=""
ARG BUILDARCH
ARG TARGETARCH
RUN case "$TARGETARCH" in "$BUILDARCH") target= ;; amd64) target=linux-x64 ;; *) target="linux-$TARGETARCH" ;; esac && \
    COMMIT=$COMMIT bun build.ts --service "$SERVICE" --out /out ${target:+--target "$target"} && \
    built="/out/$SERVICE${target:+-$target}" && \
    mv "$built" /out/service && mv "$built.cdx.json" /out/sbom.cdx.json && mkdir -p -m 770 /root-of-image/data

FROM gcr.io/distroless/base-nossl-debian12:nonroot
ARG SERVICE
ARG PORT=8080
ARG COMMIT=""
LABEL org.opencontainers.image.title="$SERVICE" \
      org.opencontainers.image.description="The $SERVICE service" \
      org.opencontainers.image.revision="$COMMIT" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="gcr.io/distroless/base-nossl-debian12:nonroot"
COPY --from=build /out/LICENSES.txt /out/sbom.cdx.json /licenses/
# Writable for this user, and for any other of group 0: OpenShift chooses one.
COPY --from=build --chown=65532:0 /root-of-image /
COPY --from=build /out/service /service
# - The operator decides whether to publish the port. So the service listens on all addresses, and does
#   not start unless AUTH is set.
# - SQLite sorts large results in a file, but the root may be read-only.
# - The BUN and NODE variables can change what the executable does, so they are set to empty.
ENV PORT=$PORT \
    HOST=0.0.0.0 \
    SQLITE_TMPDIR=/data \
    DATABASE_URL=sqlite:///data/$SERVICE.db \
    BUN_BE_BUN="" \
    BUN_OPTIONS="" \
    BUN_INSPECT="" \
    BUN_INSPECT_CONNECT_TO="" \
    BUN_INSPECT_NOTIFY="" \
    BUN_INSPECT_PRELOAD="" \
    BUN_CONFIG_VERBOSE_FETCH="" \
    NODE_TLS_REJECT_UNAUTHORIZED=""
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE $PORT
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=200ms \
    CMD ["/service", "healthcheck"]
ENTRYPOINT ["/service"]
