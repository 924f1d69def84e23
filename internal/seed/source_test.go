package seed

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// seeded are the names of math/rand that draw nothing without a seed.
var seeded = []string{"Rand", "Source", "New", "NewSource", "NewPCG", "NewChaCha8", "NewZipf"}

// unseeded lists where a file draws from the global source, or has testing/quick do so.
func unseeded(fset *token.FileSet, f *ast.File) (all []string) {
	var names []string
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue // not parsed by the compiler either
		}
		switch {
		case path == "testing/quick":
			all = append(all, fset.Position(i.Pos()).String()+": "+path)
		case path != "math/rand" && path != "math/rand/v2":
		case i.Name != nil:
			names = append(names, i.Name.Name)
		default:
			names = append(names, "rand")
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			x, ok := s.X.(*ast.Ident)
			if ok && slices.Contains(names, x.Name) && !slices.Contains(seeded, s.Sel.Name) {
				all = append(all, fset.Position(s.Pos()).String()+": "+x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return all
}

// TestNoOtherSource reads all tests of the module: what they draw follows from a seed.
func TestNoOtherSource(t *testing.T) {
	fset, n := token.NewFileSet(), 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != "../.."):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		n++
		for _, where := range unseeded(fset, f) {
			t.Errorf("%s: use seed.Rand", where)
		}
		return nil
	})
	if err != nil || n < 100 {
		t.Errorf("%d files with tests, %v, want the module's", n, err)
	}
}

func TestUnseeded(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"global", `import "math/rand/v2"; var x = rand.IntN(3)`, 1},
		{"global, by another name", `import r "math/rand"; var x, y = r.Intn(3), r.Perm(2)`, 2},
		{"quick", `import "testing/quick"; var x = quick.Check`, 1},
		{"seeded", `import "math/rand/v2"; func f(r *rand.Rand) int { return r.IntN(3) + rand.New(rand.NewPCG(1, 2)).IntN(2) }`, 0},
		{"keys", `import "crypto/rand"; var x = rand.Reader`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, "x_test.go", "package x; "+tt.text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			if got := unseeded(fset, f); len(got) != tt.want {
				t.Errorf("got %q, want %d", got, tt.want)
			}
		})
	}
}
