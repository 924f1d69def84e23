package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testOptions are those of an image whose binary is a text.
func testOptions(t *testing.T) options {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "readback")
	if err := os.WriteFile(binary, []byte("the gateway"), 0o600); err != nil {
		t.Fatal(err)
	}
	return options{
		binary: binary, arch: "arm64", root: "../../deploy/image/root", version: "1.2.3+4.0123abc", revision: "0123abc",
		epoch: 1700000000, out: filepath.Join(dir, "image.tar"),
	}
}

// One input makes one archive, whose files are in it once, directories first.
func TestArchive(t *testing.T) {
	o := testOptions(t)
	read := func() []byte {
		if err := write(o); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(o.out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	first := read()
	if !bytes.Equal(first, read()) {
		t.Error("a second archive differs from the first")
	}
	files := untar(t, first)
	var index struct {
		Manifests []struct {
			Platform    struct{ OS, Architecture string }
			Annotations map[string]string
		}
	}
	if err := json.Unmarshal(files["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	if m := index.Manifests; len(m) != 1 || m[0].Platform.Architecture != "arm64" || m[0].Annotations["org.opencontainers.image.ref.name"] != "1.2.3-4.0123abc" {
		t.Errorf("index: got %+v", m)
	}
	var docker []struct {
		Config string
		Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &docker); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(docker[0].Layers, docker[0].Config) {
		if files[name] == nil {
			t.Errorf("manifest.json names %s, which is not in the archive", name)
		}
	}
}

// untar returns the files of a tar archive.
func untar(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := make(map[string][]byte)
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := files[h.Name]; ok {
			t.Errorf("%s is there twice", h.Name)
		}
		if dir := parent(h.Name); dir != "" && files[dir] == nil {
			t.Errorf("%s comes before its directory", h.Name)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = append([]byte{}, data...)
	}
}

// parent returns the directory of a name in an archive, with its slash.
func parent(name string) string {
	name = strings.TrimSuffix(name, "/")
	return name[:strings.LastIndex(name, "/")+1]
}

// The base of the image has what a gateway needs that is not root and has no distribution around it.
func TestBaseFiles(t *testing.T) {
	files, err := baseFiles("../../deploy/image/root")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := writeTar(&b, files, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	inside := untar(t, b.Bytes())
	for name, part := range map[string]string{
		"etc/passwd": ":65532:65532:", "etc/group": ":65532:", "etc/readback/readback.yaml": "metrics_addr",
		"etc/ssl/certs/ca-certificates.crt": "BEGIN CERTIFICATE",
	} {
		if !strings.Contains(string(inside[name]), part) {
			t.Errorf("%s has no %q", name, part)
		}
	}
	i := slices.IndexFunc(files, func(f file) bool { return f.name == "var/lib/readback/" })
	if f := files[i]; f.owner != user || f.mode != 0o700 {
		t.Errorf("the store: got owner %d, mode %o, want %d and 700", f.owner, f.mode, user)
	}
}

// A container of the Dockerfile runs as one of the archive.
func TestDockerfile(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, _ := strings.Cut(string(text), "FROM scratch\n")
	c := containerConfig(testOptions(t))
	var ports []string
	for _, p := range slices.Sorted(maps.Keys(c.ExposedPorts)) {
		ports = append(ports, strings.TrimSuffix(p, "/tcp"))
	}
	list := func(words []string) string {
		b, _ := json.Marshal(words) // cannot fail: strings
		return strings.ReplaceAll(string(b), ",", ", ")
	}
	h := c.Healthcheck
	for _, want := range []string{
		"ENV " + strings.Join(c.Env, " "),
		"USER " + c.User,
		"VOLUME " + strings.Join(slices.Collect(maps.Keys(c.Volumes)), " "),
		"EXPOSE " + strings.Join(ports, " "),
		"HEALTHCHECK --interval=" + h.Interval.String() + " --timeout=" + h.Timeout.String() + " --start-period=" + h.StartPeriod.String() +
			" CMD " + list(h.Test[1:]),
		"ENTRYPOINT " + list(c.Entrypoint),
		"CMD " + list(c.Cmd),
	} {
		if !strings.Contains("\n"+last, "\n"+want+"\n") {
			t.Errorf("the Dockerfile has no %q", want)
		}
	}
}

func TestFlags(t *testing.T) {
	for _, args := range []string{"", "-binary a b", "-epoch yesterday"} {
		if _, err := parseFlags(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%q: got no error", args)
		}
	}
}
