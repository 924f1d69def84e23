package yamlfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrong(t *testing.T) {
	const indent = "(hint: indent the keys of a section alike)"
	tests := []struct {
		name, text, want string
	}{
		{"indent below a comment", "# mine\nlisten:\n  addr: a\n keepalive: 1s\nsmsc: {}\n", "4: not YAML: did not find expected key " + indent},
		{"indent on line 3", "listen:\n  addr: a\n smsc: {}\n", "3: not YAML: did not find expected key " + indent},
		{"indent of an item", "a: 1\nrules:\n  - b\n  - c\n x: y\n", "5: not YAML: did not find expected key " + indent},
		{"unknown anchor", "a: 1\nb: *all\n", "2: not YAML: unknown anchor 'all' referenced (hint: put a value that begins with * in quotes)"},
		{"mapping in a value", "a: b: c\n", "1: not YAML: mapping values are not allowed in this context (hint: put a value with a colon in quotes, and indent the keys of a section alike)"},
		{"mapping in a later value", "x: 1\na: b: c\n", "2: not YAML: mapping values are not allowed in this context (hint: put a value with a colon in quotes, and indent the keys of a section alike)"},
		{"quote on line 1, a second one", "listen: {addr: \"a}\nsmsc: {addr: \"b\"}\n", "2: not YAML: did not find expected ',' or '}' (hint: a comma before this line, or the } that ends the braces; or the quote that is missing on line 1)"},
		{"quote on line 1", "a: \"b\nc: d\ne: f\n", "1: not YAML: found unexpected end of stream (hint: close the quote that begins here)"},
		{"quote on the last line", "a: b\nc: \"d", "2: not YAML: found unexpected end of stream (hint: close the quote that begins here)"},
		{"Latin-1", "a: b\nc: \xe5\n", "2: not YAML: octets that are not text in UTF-8 (hint: the path of a text file; an editor can save it in UTF-8)"},
		{"program", "\x7fELF\x02\x01\x01\x00", "1: not YAML: octets that are not text in UTF-8 (hint: the path of a text file; an editor can save it in UTF-8)"},
		{"deep list", strings.Repeat("[", 20000), "1: not YAML: exceeded max depth of 10000 (hint: close each [ and {)"},
		{"deep list below", "a: 1\nb: 2\nc: " + strings.Repeat("[", 20000), "3: not YAML: exceeded max depth of 10000 (hint: close each [ and {)"},
		{"key without a colon", "a: 1\nfoo\nb: 2\n", "2: not YAML: could not find expected ':' (hint: a colon after the key, or indent a text that goes on)"},
		{"two documents", "a: 1\n---\nb: 2\n", "2: a second document in the file (hint: one file, one document)"},
		{"alias of itself", "a: 1\nb: &b [1,\n  *b]\n", "3: an alias within what it stands for (hint: write the value out)"},
		{"aliases of aliases", aliases(), "1: over 1000000 keys and values, if each alias counts as what it stands for (hint: fewer aliases)"},
		{"many values", "a: [" + strings.Repeat("1,", 1_000_000) + "]", " over 1000000 keys and values (hint: the path of the right file)"},
		{"too large", strings.Repeat("a", MaxSize+1), " larger than 8MiB, the most that is read (hint: the path of the right file)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("x", []byte(tt.text))
			if want := "x:" + tt.want; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

// aliases returns a file whose aliases stand for some 10^9 values.
func aliases() string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := range 9 {
		item := "*a" + string(rune('0'+i))
		b.WriteString("a" + string(rune('1'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat(item+", ", 9) + item + "]\n")
	}
	return b.String()
}

func TestRight(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "a: &x {b: 1}\nc: *x\nd: *x\n", "\xff\xfea\x00:\x00 \x001\x00", "a: \"b\n  c\"\n", "å: \U0001F600\r\n"} {
		n, err := Parse("x", []byte(text))
		if isEmpty := text == "" || text[0] == '#'; err != nil || (n == nil) != isEmpty {
			t.Errorf("%q: got %v, %v", text, n, err)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.yaml")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		size int64
		want string
	}{{MaxSize, ""}, {MaxSize + 1, "larger than 8MiB, the most that is read (hint: the path of the right file)"}} {
		if err := os.Truncate(path, tt.size); err != nil {
			t.Fatal(err)
		}
		data, p := Read(path)
		if tt.want == "" && (p != nil || int64(len(data)) != tt.size) || tt.want != "" && (p == nil || p.Error() != tt.want) {
			t.Errorf("%d octets: got %d, %v, want %q", tt.size, len(data), p, tt.want)
		}
	}
	if _, p := Read(path + ".none"); p == nil || !strings.HasPrefix(p.What, "cannot be read: no such file") {
		t.Errorf("no file: got %v", p)
	}
}
