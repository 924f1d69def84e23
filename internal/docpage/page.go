// Package docpage reads the pages of the documentation, so that tests can hold them against the code: the commands
// in them, and their links. Only tests import it.
package docpage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Page is a page in Markdown.
type Page struct {
	Path  string // below the root, with slashes
	lines []string
}

// New returns the page that text is.
func New(path, text string) Page { return Page{path, strings.Split(text, "\n")} }

// ReadAll reads README.md, CHANGELOG.md and all pages in docs, in the order of their names.
func ReadAll(root string) (pages []Page, err error) {
	paths := []string{"README.md", "CHANGELOG.md"}
	err = fs.WalkDir(os.DirFS(root), "docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".md") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		pages = append(pages, New(path, string(text)))
	}
	return pages, nil
}

// Block is a fenced block of code.
type Block struct {
	Language string
	Line     int // of the first line within
	Lines    []string
}

// Blocks returns the fenced blocks of code.
func (p Page) Blocks() (all []Block) {
	p.walk(nil, func(b Block) { all = append(all, b) })
	return all
}

// Prose calls f with each line outside of fenced blocks, and where it stands.
func (p Page) Prose(f func(at, text string)) {
	p.walk(func(line int, text string) { f(fmt.Sprintf("%s:%d", p.Path, line), text) }, nil)
}

// walk calls prose with each line outside of fenced blocks, and code with each block.
func (p Page) walk(prose func(line int, text string), code func(Block)) {
	var open *Block
	var fence string
	for i, text := range p.lines {
		trimmed := strings.TrimLeft(text, " ")
		switch {
		case open == nil && strings.HasPrefix(trimmed, "```"):
			language := strings.TrimLeft(trimmed, "`")
			fence = trimmed[:len(trimmed)-len(language)]
			open = &Block{Language: strings.TrimSpace(language), Line: i + 2}
		case open != nil && strings.TrimSpace(text) == fence:
			if code != nil {
				code(*open)
			}
			open = nil
		case open != nil:
			open.Lines = append(open.Lines, text)
		case prose != nil:
			prose(i+1, text)
		}
	}
}
