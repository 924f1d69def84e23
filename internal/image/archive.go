package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// writeArchive writes an image as a tar archive of its OCI layout. manifest.json in it is for docker load of
// releases that do not read that layout.
func writeArchive(o options, img v1.Image) error {
	dir, err := os.MkdirTemp("", "readback-image-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	tag := strings.ReplaceAll(cmp.Or(o.version, "latest"), "+", "-") // a tag has no plus
	to, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	err = to.AppendImage(img, layout.WithPlatform(v1.Platform{OS: "linux", Architecture: o.arch}),
		layout.WithAnnotations(map[string]string{
			"org.opencontainers.image.ref.name": tag,
			"io.containerd.image.name":          "docker.io/library/readback:" + tag,
		}))
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	files, err := layoutFiles(dir)
	if err != nil {
		return err
	}
	manifest, err := dockerManifest(img, "readback:"+tag)
	if err != nil {
		return err
	}
	files = withDirs(append(files, file{name: "manifest.json", mode: 0o644, data: manifest}))
	out, err := os.OpenFile(o.out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err := writeTar(out, files, o.created()); err != nil {
		_ = out.Close()
		return fmt.Errorf("%s: %w", o.out, err)
	}
	return out.Close()
}

// layoutFiles returns the files of an OCI layout.
func layoutFiles(dir string) ([]file, error) {
	var all []file
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		all = append(all, file{name: name, mode: 0o644, data: data})
		return err
	})
	return all, err
}

// dockerManifest returns the manifest.json of an archive of docker save.
func dockerManifest(img v1.Image, name string) ([]byte, error) {
	config, err := img.ConfigName()
	if err != nil {
		return nil, err
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	blob := func(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }
	var names []string
	for _, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			return nil, err
		}
		names = append(names, blob(digest))
	}
	return json.Marshal([]map[string]any{{"Config": blob(config), "RepoTags": []string{name}, "Layers": names}})
}
