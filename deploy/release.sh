#!/usr/bin/env bash
# release.sh PART… makes parts of a release, and SHA256SUMS of them:
#
#   tar     readback_VERSION_linux_ARCH.tar.gz: program, man pages, completions, unit, configuration
#   deb     a package for Debian and Ubuntu
#   rpm     a package for Fedora, RHEL and SUSE
#   image   an archive of the container image
#   chart   the Helm chart
#   sbom    what the program is built of (CycloneDX)
#
# One commit makes the same octets whenever and wherever they are made by one release of Go. By the environment:
#
#   OUT                 the directory: dist
#   ARCHES              architectures: that of this machine
#   VERSION             as SemVer: what deploy/version.sh says
#   REVISION            the commit
#   SOURCE_DATE_EPOCH   the time of all files: that of the commit
#   MAINTAINER          of the packages, NAME <ADDRESS>: who packages it
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2
cyclonedx=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

parts=" $* "
out=$(realpath -m "${OUT:-dist}")
read -ra arches <<<"${ARCHES:-$(go env GOHOSTARCH)}"
version=${VERSION:-$(deploy/version.sh)}
revision=${REVISION:-$(git rev-parse HEAD)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
umask 022
export LC_ALL=C TZ=UTC

fail() {
	echo "release.sh: $1" >&2
	exit 1
}

[ $# -gt 0 ] || fail "which parts? tar deb rpm image chart sbom"
for part in "$@"; do
	[[ " tar deb rpm image chart sbom " == *" $part "* ]] || fail "no such part: $part"
done
wants() { [[ $parts == *" $1 "* ]]; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tool() { GOFLAGS=-trimpath GOBIN=$work/bin go install "$1"; }

# build ARCH FILE
build() {
	CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOFLAGS='' go build -trimpath -buildvcs=false \
		-ldflags "-s -w -X main.release=$version" -o "$2" ./cmd/readback
}

# pages makes what all architectures share: man pages and completions, which the program writes itself.
pages() {
	local shell
	mkdir -p "$work/common/man" "$work/common/completions"
	build "$(go env GOHOSTARCH)" "$work/own"
	"$work/own" man "$work/common/man"
	gzip -9n "$work/common/man"/*
	for shell in bash zsh fish; do
		"$work/own" completion "$shell" >"$work/common/completions/$shell"
	done
	cp CHANGELOG.md deploy/package/readback.yaml deploy/package/sysusers.conf deploy/prometheus/alerts.yaml "$work/common"
	cp deploy/grafana/readback.json "$work/common/dashboard.json"
	cp -r deploy/package/deb deploy/package/rpm "$work/common"
}

# stage ARCH BINDIR lays out what an archive or a package has.
stage() {
	rm -rf "$work/stage"
	cp -r "$work/common" "$work/stage"
	cp "$work/readback-$1" "$work/stage/readback"
	cp deploy/systemd/readback.s* "$work/stage"
	sed -i "s,/usr/local/bin/,$2/," "$work/stage/readback.service"
	find "$work/stage" -type f -exec chmod u=rwX,go=rX {} + -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
}

# archive ARCH
archive() {
	local name=readback_${version}_linux_$1
	stage "$1" /usr/local/bin
	rm -r "$work/stage/deb" "$work/stage/rpm"
	tar -c -C "$work/stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
		--format=gnu --transform "s,^\.,$name," . | gzip -9n >"$out/$name.tar.gz"
}

# package ARCH PACKAGER
package() {
	stage "$1" /usr/bin
	(
		cd "$work/stage"
		ARCH=$1 VERSION=$version MAINTAINER=${MAINTAINER:-"Readback <readback@localhost>"} \
			"$work/bin/nfpm" package --config "$root/deploy/package/nfpm.yaml" --packager "$2" --target "$out/"
	)
}

# image ARCH
image() {
	"$work/image" -binary "$work/readback-$1" -arch "$1" -version "$version" -revision "$revision" \
		-epoch "$SOURCE_DATE_EPOCH" -out "$out/readback_${version}_linux_$1.oci.tar"
}

# chart packs what helm package would, with the version of the release.
chart() {
	mkdir "$work/chart"
	cp -r deploy/helm/readback "$work/chart"
	rm -r "$work/chart/readback/ci"
	sed -i "s/^\(version\|appVersion\): .*/\1: \"$version\"/" "$work/chart/readback/Chart.yaml"
	find "$work/chart" -type f -exec chmod u=rw,go=r {} +
	find "$work/chart" -type d -exec chmod u=rwx,go=rx {} +
	tar -c -C "$work/chart" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
		--format=gnu readback | gzip -9n >"$out/readback-$version.tgz"
}

# sbom ARCH
sbom() {
	"$work/bin/cyclonedx-gomod" bin -json -std -noserial -notimestamp -version "$version" \
		-output "$out/readback_${version}_linux_$1.cdx.json" "$work/readback-$1"
}

mkdir -p "$out"
rm -f "$out"/readback[_-]* "$out/SHA256SUMS"
if wants deb || wants rpm; then
	tool "$nfpm"
fi
! wants sbom || tool "$cyclonedx"
! wants image || GOFLAGS='' go build -o "$work/image" ./internal/image
if wants tar || wants deb || wants rpm; then
	pages
fi
! wants chart || chart
for arch in "${arches[@]}"; do
	build "$arch" "$work/readback-$arch"
	! wants tar || archive "$arch"
	! wants deb || package "$arch" deb
	! wants rpm || package "$arch" rpm
	! wants image || image "$arch"
	! wants sbom || sbom "$arch"
done
cd "$out"
sha256sum readback[_-]* | tee SHA256SUMS
