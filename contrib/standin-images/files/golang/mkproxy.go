// mkproxy MODULES OUT: lay out the folders MODULES/NAME@VERSION as a file-system module proxy (go help goproxy).
package main

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	folders, err := filepath.Glob(filepath.Join(os.Args[1], "*@*"))
	check(err)
	for _, folder := range folders {
		_, version, _ := strings.Cut(filepath.Base(folder), "@")
		mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
		check(err)
		path := strings.Fields(string(mod))[1]
		base := filepath.Join(os.Args[2], path, "@v")
		check(os.MkdirAll(base, 0o755))
		put(filepath.Join(base, "list"), version+"\n")
		put(filepath.Join(base, version+".mod"), string(mod))
		put(filepath.Join(base, version+".info"), fmt.Sprintf("{\"Version\":%q,\"Time\":\"2025-01-01T00:00:00Z\"}\n", version))
		pack(folder, path+"@"+version+"/", filepath.Join(base, version+".zip"))
	}
}

func pack(folder, prefix, out string) {
	file, err := os.Create(out)
	check(err)
	archive := zip.NewWriter(file)
	check(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		w, err := archive.Create(prefix + filepath.ToSlash(inside))
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}))
	check(archive.Close())
	check(file.Close())
}

func put(path, text string) { check(os.WriteFile(path, []byte(text), 0o644)) }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
