package main

import (
	"encoding/pem"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// user is the user and group that the gateway runs as: a number, so that Kubernetes can see that it is not root.
const user = 65532

// file is a file or, if its name ends with a slash, a directory of a layer.
type file struct {
	name  string // without a leading slash
	mode  int64  // as tar(5) has it
	owner int    // user and group
	data  []byte
}

func (f file) isDir() bool { return strings.HasSuffix(f.name, "/") }

// baseFiles returns everything in the image but the gateway: the files in root, the certificates of the
// authorities, a place for temporary files and the store.
func baseFiles(root string) ([]file, error) {
	all := []file{
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, data: authorities()},
		{name: "tmp/", mode: 0o1777},
		{name: "var/lib/readback/", mode: 0o700, owner: user},
	}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(root, name)
		all = append(all, file{name: filepath.ToSlash(inside), mode: 0o644, data: data})
		return err
	})
	return withDirs(all), err
}

// withDirs adds the directories above the files, and sorts all so that a directory comes before what it contains.
func withDirs(files []file) []file {
	seen := make(map[string]bool)
	for _, f := range files {
		seen[f.name] = true
	}
	for _, f := range files {
		for dir := path.Dir(strings.TrimSuffix(f.name, "/")); dir != "."; dir = path.Dir(dir) {
			if !seen[dir+"/"] {
				seen[dir+"/"] = true
				files = append(files, file{name: dir + "/", mode: 0o755})
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files
}

// authorities returns the root certificates that Mozilla trusts, in PEM, as of the module's version. Those that are
// trusted only for some certificates are left out, since PEM cannot say so.
func authorities() []byte {
	var all []byte
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})...)
		}
	}
	return all
}
