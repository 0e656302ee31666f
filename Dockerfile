# syntax=docker/dockerfile:1

# The program is linked against the C library of the image that it is built in: keep the two Debian releases the same.
FROM rust:1.95-trixie AS build
WORKDIR /src
COPY . .
# Function names stay for backtraces; line tables would be most of the image.
ENV CARGO_PROFILE_RELEASE_STRIP=debuginfo
# Registry and target directory live in caches beside the layers, so that a change compiles only what it touches.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --package orderflow \
    && install -D target/release/orderflow /out/orderflow \
    && install -d /out/data

# A C library, certificates of public authorities, and neither shell nor package manager.
FROM gcr.io/distroless/cc-debian13:nonroot AS runtime
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orderflow" \
      org.opencontainers.image.description="An event-sourced CQRS engine and order management system" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/orderflow /usr/local/bin/orderflow
COPY --from=build --chown=65532:65532 /out/data /var/lib/orderflow
# A container is reached at an address of its own. Publish the port on loopback addresses only: callers are not authenticated.
ENV ORDERFLOW_DATA=/var/lib/orderflow \
    ORDERFLOW_LISTEN=0.0.0.0:8080 \
    ORDERFLOW_LISTEN_ANYWHERE=true \
    ORDERFLOW_LOG_FORMAT=json
VOLUME /var/lib/orderflow
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/orderflow", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["/usr/local/bin/orderflow"]
