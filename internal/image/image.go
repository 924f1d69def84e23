package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const title = "Readback"

// newImage returns an image with a layer for each group of files.
func newImage(o options, groups ...[]file) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, files := range groups {
		layer, err := newLayer(files, o.created())
		if err != nil {
			return nil, err
		}
		img, err = mutate.Append(img, mutate.Addendum{
			Layer: layer, MediaType: types.OCILayer,
			History: v1.History{Created: v1.Time{Time: o.created()}, CreatedBy: "internal/image"},
		})
		if err != nil {
			return nil, fmt.Errorf("layer: %w", err)
		}
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", o.arch, v1.Time{Time: o.created()}
	config.Config = containerConfig(o)
	return mutate.ConfigFile(img, config)
}

// containerConfig says how a container runs. TestDockerfile holds it against the Dockerfile. The OCI format knows
// no health check; engines that do read Docker's field.
func containerConfig(o options) v1.Config {
	owner := strconv.Itoa(user) + ":" + strconv.Itoa(user)
	return v1.Config{
		User:         owner,
		Env:          []string{"PATH=/", "READBACK_CONFIG=/etc/readback/readback.yaml"},
		Entrypoint:   []string{"/readback"},
		Cmd:          []string{"serve"},
		ExposedPorts: map[string]struct{}{"2775/tcp": {}, "8080/tcp": {}, "9091/tcp": {}},
		Volumes:      map[string]struct{}{"/var/lib/readback": {}},
		WorkingDir:   "/",
		Healthcheck: &v1.HealthConfig{
			Test:     []string{"CMD", "/readback", "health", "--process", "1"},
			Interval: 10 * time.Second, Timeout: 3 * time.Second, StartPeriod: 15 * time.Second,
		},
		Labels: map[string]string{
			"org.opencontainers.image.title":       title,
			"org.opencontainers.image.description": "Read receipts for SMS, beside the SMSC",
			"org.opencontainers.image.version":     o.version,
			"org.opencontainers.image.revision":    o.revision,
			"org.opencontainers.image.created":     o.created().Format(time.RFC3339),
		},
	}
}

// newLayer returns a layer of files, all of one time.
func newLayer(files []file, created time.Time) (v1.Layer, error) {
	var b bytes.Buffer
	if err := writeTar(&b, files, created); err != nil {
		return nil, fmt.Errorf("layer: %w", err)
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer))
}

// writeTar writes files as a tar archive that depends on nothing else.
func writeTar(to io.Writer, files []file, created time.Time) error {
	w := tar.NewWriter(to)
	for _, f := range files {
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Uid: f.owner, Gid: f.owner, Size: int64(len(f.data)),
			ModTime: created, Format: tar.FormatPAX,
		}
		if f.isDir() {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(f.data); err != nil {
			return err
		}
	}
	return w.Close()
}
