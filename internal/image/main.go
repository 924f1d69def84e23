// Command image writes the container image as an OCI archive, without a container daemon and without a base image.
// Of the same inputs it makes the same octets.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

const usage = `Usage: go run ./internal/image -binary FILE [flags], in the root of the module

Writes an OCI archive: skopeo, podman load and docker load read it.

Flags:
`

// options are what the flags say.
type options struct {
	binary   string // the gateway, linked statically for linux
	arch     string // that it was built for, as Go names it
	root     string // directory of the files that go into the image as they are
	version  string
	revision string // the commit
	epoch    int64  // time of all files, and of the image, in seconds since 1970
	out      string
}

func main() {
	o, err := parseFlags(os.Args[1:], os.Stderr)
	if err == nil {
		err = write(o)
	}
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "image: %v\n", err)
		os.Exit(1)
	}
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("image", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() { _, _ = io.WriteString(stderr, usage); f.PrintDefaults() }
	f.StringVar(&o.binary, "binary", "", "the gateway, a static `FILE`")
	f.StringVar(&o.arch, "arch", "amd64", "the architecture of -binary")
	f.StringVar(&o.root, "root", "deploy/image/root", "`DIR` of files that go into the image")
	f.StringVar(&o.version, "version", "", "the version, for the labels")
	f.StringVar(&o.revision, "revision", "", "the commit, for the labels")
	f.Int64Var(&o.epoch, "epoch", 0, "the time of all files, in `SECONDS` since 1970")
	f.StringVar(&o.out, "out", "readback.oci.tar", "the archive, a `FILE`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.binary == "" || f.NArg() > 0 {
		f.Usage()
		return o, errors.New("-binary is needed, and nothing but flags")
	}
	return o, nil
}

// write makes the image and writes its archive.
func write(o options) error {
	base, err := baseFiles(o.root)
	if err != nil {
		return err
	}
	gateway, err := os.ReadFile(o.binary)
	if err != nil {
		return err
	}
	binary := []file{{name: "readback", mode: 0o755, data: gateway}}
	img, err := newImage(o, base, binary)
	if err != nil {
		return err
	}
	return writeArchive(o, img)
}

// created is the time of the image and of its files.
func (o options) created() time.Time { return time.Unix(o.epoch, 0).UTC() }
