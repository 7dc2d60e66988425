cp "$here/save-skipped.milx" make.mil
try make.mil
try make.mil
try run make.mil
try make.mil -o b.mlpackage
