// Package golden reads the PDUs of testdata/pdu for tests: hex with a comment for
// each field, as they come from a peer and as the gateway is to send them on.
package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// PDU is one golden file.
type PDU struct {
	Name string
	// Shows is the comment that the file starts with.
	Shows string
	// From tells who makes the PDU: esme, smsc or gateway.
	From string
	// When is track.when: all, unless the file says otherwise.
	When string
	// Carriage is track.carriage: udh, text, auto, or any where it does not matter.
	Carriage string
	// Skip names why the message goes on without a number. It is empty where the
	// message has one, and where the PDU is no message that could.
	Skip string
	// Number is the message's number: 1, unless the file says otherwise.
	Number uint16

	In []byte
	// Out is what leaves the gateway, the sequence_number left as it was; nil
	// where that is In.
	Out []byte
}

// Want is what leaves the gateway: Out, or In where nothing changes.
func (p PDU) Want() []byte {
	if p.Out == nil {
		return p.In
	}
	return p.Out
}

// Read returns the golden PDU testdata/pdu/name, or ends the test with what is
// wrong with the file.
func Read(t testing.TB, name string) PDU {
	t.Helper()
	p, err := parse(filepath.Join(dir(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Bytes returns one section, "in" or "out", of the golden PDU testdata/pdu/name;
// it ends the test if there is no such section.
func Bytes(t testing.TB, name, section string) []byte {
	t.Helper()
	p := Read(t, name)
	b := map[string][]byte{"in": p.In, "out": p.Out}[section]
	if b == nil {
		t.Fatalf("%s has no section [%s]", name, section)
	}
	return b
}

// All returns every golden PDU, by name.
func All(t testing.TB) []PDU {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir(t), "*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden PDUs in %s: %v", dir(t), err)
	}
	var all []PDU
	for _, path := range paths {
		all = append(all, Read(t, filepath.Base(path)))
	}
	return all
}

// dir finds testdata/pdu.
func dir(t testing.TB) string {
	t.Helper()
	return filepath.Join(Testdata(t), "pdu")
}

// Testdata finds the directory testdata of the module from the directory of the test upwards.
func Testdata(t testing.TB) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := moduleRoot(wd)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "testdata")
}

// moduleRoot returns the first directory from dir upwards that has a go.mod.
func moduleRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
	}
}
