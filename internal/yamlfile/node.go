package yamlfile

import (
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
)

// Resolve follows an alias to its node.
func Resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// IsNull reports whether a node is no value.
func IsNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// maxNodes is how many keys and values a file may have, if each alias counts as what it stands for: those who read a
// tree follow an alias as often as it stands there. A node takes some 200 octets of memory.
const maxNodes = 1_000_000

const tooMany = "over 1000000 keys and values"

// countMarks counts what stands between the nodes of a file that is not parsed yet. It counts comments, too.
func countMarks(data []byte) (n int) {
	for _, c := range data {
		switch c {
		case '\n', ',', ':', '[', '{':
			n++
		}
	}
	return n
}

// checkAliases refuses a tree in which an alias is within what it stands for, and one of more than maxNodes. It
// returns the node at fault.
func checkAliases(top *yaml.Node) (*yaml.Node, *setting.Problem) {
	w := weigher{weights: make(map[*yaml.Node]int)}
	weight := w.weigh(top)
	switch {
	case w.cyclic != nil:
		return w.cyclic, setting.Wrong("an alias within what it stands for", "write the value out")
	case weight > maxNodes:
		return top, setting.Wrong(tooMany+", if each alias counts as what it stands for", "fewer aliases")
	}
	return nil, nil
}

// weigher counts nodes. It counts what has an anchor once.
type weigher struct {
	weights map[*yaml.Node]int // of the nodes with an anchor; 0 while one is being counted
	cyclic  *yaml.Node         // an alias within what it stands for
}

func (w *weigher) weigh(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode {
		weight := w.weights[n.Alias]
		if weight == 0 {
			w.cyclic = n
		}
		return weight
	}
	if n.Anchor != "" {
		w.weights[n] = 0
	}
	sum := 1
	for _, c := range n.Content {
		sum = min(sum+w.weigh(c), maxNodes+1) // no overflow
	}
	if n.Anchor != "" {
		w.weights[n] = sum
	}
	return sum
}

// noBlank matches text that was meant to be a key and its value.
var noBlank = regexp.MustCompile(`^([A-Za-z_][\w.-]*):\S`)

// WantMapping is the hint for a value that is no mapping of keys, such as text in place of a section. It explains
// the text that YAML makes of a key and a value without a blank between.
func WantMapping(n *yaml.Node, wanted string) string {
	if m := noBlank.FindStringSubmatch(n.Value); n.Kind == yaml.ScalarNode && m != nil {
		return fmt.Sprintf("a blank after the colon of %s: on line %d", setting.Shorten(m[1]), n.Line)
	}
	return wanted
}
