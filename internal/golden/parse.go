package golden

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func parse(path string) (PDU, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return PDU{}, err
	}
	r := reader{pdu: PDU{Name: filepath.Base(path), When: "all", Number: 1}}
	for i, line := range strings.Split(string(text), "\n") {
		if err := r.line(line); err != nil {
			return PDU{}, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	if err := r.pdu.check(); err != nil {
		return PDU{}, fmt.Errorf("%s: %w", path, err)
	}
	return r.pdu, nil
}

// reader takes a golden file line by line.
type reader struct {
	pdu     PDU
	section *[]byte // nil in front of the first section
}

func (r *reader) line(s string) error {
	text, comment, _ := strings.Cut(s, "#")
	text = strings.TrimSpace(text)
	switch {
	case text == "" && r.section == nil:
		return r.setting(strings.TrimSpace(comment))
	case text == "":
		return nil
	case text == "[in]":
		return r.begin(&r.pdu.In)
	case text == "[out]":
		return r.begin(&r.pdu.Out)
	case text[0] == '[':
		return fmt.Errorf("unknown section %s", text)
	case r.section == nil:
		return errors.New("octets in front of [in]")
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return fmt.Errorf("octets %q: %w", text, err)
	}
	*r.section = append(*r.section, b...)
	return nil
}

func (r *reader) begin(section *[]byte) error {
	if *section != nil {
		return errors.New("the section comes twice")
	}
	*section = []byte{}
	r.section = section
	return nil
}

// setting takes a comment of the file's head: "name: value", or prose.
func (r *reader) setting(comment string) error {
	name, value, _ := strings.Cut(comment, ": ")
	value = strings.TrimSpace(value)
	fields := map[string]struct {
		to      *string
		allowed []string
	}{
		"from":     {&r.pdu.From, []string{"esme", "smsc", "gateway"}},
		"when":     {&r.pdu.When, []string{"all", "requested"}},
		"carriage": {&r.pdu.Carriage, []string{"udh", "text", "auto", "any"}},
		"skip":     {&r.pdu.Skip, []string{"not_requested", "no_room", "taken", "malformed", "no_sender", "binary", "not_a_message", "ack", "replace", "multi"}},
	}
	if f, ok := fields[name]; ok {
		if !slices.Contains(f.allowed, value) {
			return fmt.Errorf("%s: %q is none of %v", name, value, f.allowed)
		}
		*f.to = value
		return nil
	}
	if name == "number" {
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return fmt.Errorf("number: %w", err)
		}
		r.pdu.Number = uint16(n)
		return nil
	}
	r.pdu.Shows = strings.TrimSpace(r.pdu.Shows + " " + comment)
	return nil
}

func (p PDU) check() error {
	switch {
	case len(p.In) == 0:
		return errors.New("no section [in]")
	case p.Out != nil && len(p.Out) == 0:
		return errors.New("section [out] is empty")
	case p.Shows == "" || p.From == "" || p.Carriage == "":
		return errors.New("the head must say what the file shows, and have lines for from and carriage")
	case p.Out != nil && p.Skip != "":
		return fmt.Errorf("skip: %s and a section [out]", p.Skip)
	}
	return nil
}
