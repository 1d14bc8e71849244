// Package migrate reads a folder of numbered SQL files.
package migrate

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
)

// Step is one file NNN_name.up.sql.
type Step struct {
	Number int
	Name   string
	SQL    string
}

var fileName = regexp.MustCompile(`^(\d+)_(\w+)\.up\.sql$`)

// Load reads the steps of a folder in their order; gaps and doubles in the numbering are errors.
func Load(folder string) ([]Step, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, entry := range entries {
		parts := fileName.FindStringSubmatch(entry.Name())
		if parts == nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		number, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		steps = append(steps, Step{Number: number, Name: parts[2], SQL: string(text)})
	}
	sort.Slice(steps, func(i, j int) bool { return steps[i].Number < steps[j].Number })
	for i, step := range steps {
		if step.Number != i+1 {
			return nil, fmt.Errorf("%s: migration %d is where %d should be", folder, step.Number, i+1)
		}
	}
	return steps, nil
}
