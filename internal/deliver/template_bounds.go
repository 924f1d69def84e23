package deliver

import (
	"errors"
	"fmt"
	"slices"
	"text/template"
	"text/template/parse"
)

// maxTemplate is how long a template may be, in octets: what it makes is one message.
const maxTemplate = 1000

// Functions of text/template that return none of their arguments, or no more than one, and those that make a
// longer text of them.
var (
	comparing = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice"}
	writing   = []string{"print", "printf", "println", "html", "js", "urlquery"}
)

var (
	errLong   = fmt.Errorf("longer than %d octets", maxTemplate)
	errLoop   = errors.New("range, template, block and define could go on for ever")
	errArg    = errors.New("only fields, constants and what functions return can be given to a function")
	errNested = errors.New("what print, printf, println, html, js or urlquery makes cannot be made longer: give them fields only")
)

// checkBounds refuses a template whose execution could take long, or much memory.
func checkBounds(text string, t *template.Template) error {
	if len(text) > maxTemplate {
		return errLong
	}
	if len(t.Templates()) > 1 {
		return errLoop
	}
	if t.Tree == nil {
		return nil
	}
	return checkNode(t.Root)
}

// checkNode checks a node, and those in it.
func checkNode(n parse.Node) error {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			return checkNodes(n.Nodes...)
		}
	case *parse.ActionNode:
		return checkPipe(n.Pipe, false)
	case *parse.IfNode:
		return checkBranch(&n.BranchNode)
	case *parse.WithNode:
		return checkBranch(&n.BranchNode)
	case *parse.TextNode, *parse.CommentNode:
	default:
		return errLoop
	}
	return nil
}

func checkNodes(all ...parse.Node) error {
	for _, n := range all {
		if err := checkNode(n); err != nil {
			return err
		}
	}
	return nil
}

func checkBranch(b *parse.BranchNode) error {
	return errors.Join(checkPipe(b.Pipe, false), checkNode(b.List), checkNode(b.ElseList))
}

// checkPipe checks a pipeline. inWriting says that a function takes what it returns and makes it longer.
func checkPipe(p *parse.PipeNode, inWriting bool) error {
	for i, c := range p.Cmds {
		writes := false
		if f, ok := c.Args[0].(*parse.IdentifierNode); ok {
			writes = slices.Contains(writing, f.Ident)
			if !writes && !slices.Contains(comparing, f.Ident) {
				return fmt.Errorf("there is no function %s", f.Ident)
			}
		}
		if writes && (inWriting || i > 0 || !areFields(c.Args[1:])) {
			return errNested
		}
		for i, a := range c.Args {
			if err := checkArg(a, i == 0, writes || inWriting); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkArg checks an argument, or what is called if it is the first.
func checkArg(a parse.Node, isFirst, inWriting bool) error {
	switch a := a.(type) {
	case *parse.PipeNode:
		return checkPipe(a, inWriting)
	case *parse.FieldNode, *parse.VariableNode, *parse.DotNode, *parse.NilNode, *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return nil
	case *parse.IdentifierNode:
		if isFirst {
			return nil
		}
	}
	return errArg
}

// areFields reports whether arguments are fields and constants: nothing that a function made.
func areFields(args []parse.Node) bool {
	return !slices.ContainsFunc(args, func(a parse.Node) bool {
		switch a.Type() {
		case parse.NodeField, parse.NodeString, parse.NodeNumber, parse.NodeBool:
			return false
		}
		return true
	})
}
