# The build: nothing of it is in the image but the binary and its empty store.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.release=$VERSION" -o /readback ./cmd/readback \
 && mkdir -p /store

FROM scratch
COPY --from=build /readback /readback
COPY --from=build --chown=65532:65532 /store /var/lib/readback
USER 65532:65532
VOLUME /var/lib/readback
EXPOSE 2775 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["/readback", "health"]
ENTRYPOINT ["/readback"]
CMD ["serve", "--config", "/etc/readback/readback.yaml"]
