# The image as `make image` makes it without Docker; internal/image has a test that both run alike.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN mkdir -p /root-of-image/etc/ssl/certs /root-of-image/tmp /store \
 && chmod 1777 /root-of-image/tmp && chmod 700 /store \
 && cp -r deploy/image/root/. /root-of-image/ \
 && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
 && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.release=$VERSION" -o /root-of-image/readback ./cmd/readback

FROM scratch
COPY --from=build /root-of-image/ /
COPY --from=build --chown=65532:65532 /store /var/lib/readback
ENV PATH=/ READBACK_CONFIG=/etc/readback/readback.yaml
USER 65532:65532
VOLUME /var/lib/readback
EXPOSE 2775 8080 9091
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["/readback", "health", "--process", "1"]
ENTRYPOINT ["/readback"]
CMD ["serve"]
