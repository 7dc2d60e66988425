try "$here/save-snapshot.milx" -o ./
for f in a.mlpackage/Data/com.apple.CoreML/model.mlmodel a.mlmodel \
	b.mlpackage/Data/com.apple.CoreML/model.mlmodel b.mlmodel c.mlmodel; do
	echo "$f: $(grep -aoE 'first|second|before|after|described late|never saved' $f | sort | tr '\n' ' ')"
done
