// Package yamlfile reads a YAML file as a tree of nodes, within bounds, and says where a file is no YAML.
package yamlfile

import (
	"bytes"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
)

// MaxSize is the largest file that is parsed, in octets. A file of 10,000 accounts with a dozen settings each takes
// 4 MB.
const MaxSize = 8 << 20

// Read reads the file at path, up to MaxSize.
func Read(path string) ([]byte, *setting.Problem) {
	data, err := setting.ReadFile(path, MaxSize)
	if err != nil {
		return nil, setting.Unreadable(err)
	}
	return data, nil
}

// Parse returns the value of the document in data; nil if there is none. The error names the file. If there is more
// than one document, Parse returns the first one together with the error. The hint is empty if the caller can best
// say what is right.
func Parse(file string, data []byte) (*yaml.Node, *setting.Error) {
	wrong := func(line int, problem, hint string) *setting.Error {
		return &setting.Error{File: file, Line: line, Problem: problem, Hint: hint}
	}
	if len(data) > MaxSize {
		return nil, wrong(0, setting.TooLarge(MaxSize).Error(), "the path of the right file")
	}
	if line, ok := findBinary(data); ok {
		return nil, wrong(line, "not YAML: octets that are not text in UTF-8", "the path of a text file; an editor can save it in UTF-8")
	}
	if countMarks(data) > maxNodes {
		return nil, wrong(0, tooMany, "the path of the right file")
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var root, more yaml.Node
	err := dec.Decode(&root)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	isSecond := false
	if err == nil {
		err = dec.Decode(&more)
		isSecond = err == nil
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s := newSyntaxError(data, err)
		return nil, wrong(s.line, "not YAML: "+s.text, s.hint(data))
	}
	top := root.Content[0]
	if n, p := checkAliases(top); p != nil {
		return nil, wrong(n.Line, p.What, p.Hint)
	}
	if isSecond {
		return top, wrong(more.Line, "a second document in the file", "one file, one document")
	}
	return top, nil
}
