/* swift.c: a program for macOS 14.4 or later that asks Core ML where it would run each operation of
 * packages, and prints the table that milc probe --merge and milc ane --measured read. It compiles
 * them first, since a plan is made of compiled models alone. An operation goes by the name of its
 * first result; constants have no device, and no line.
 */
#include "probe.h"

const char probe_swift[] =
    "// plan.swift: swiftc plan.swift -o plan && ./plan *.mlpackage >measured.csv\n"
    "import CoreML\n"
    "import Foundation\n"
    "\n"
    "let configuration = MLModelConfiguration()\n"
    "configuration.computeUnits = .cpuAndNeuralEngine\n"
    "print(\"file,function,op,device,cost\")\n"
    "for path in CommandLine.arguments.dropFirst() {\n"
    "    let url = URL(fileURLWithPath: path)\n"
    "    let file = url.deletingPathExtension().lastPathComponent\n"
    "    do {\n"
    "        let compiled = try await url.pathExtension == \"mlmodelc\" ? url : "
    "MLModel.compileModel(at: url)\n"
    "        let plan = try await MLComputePlan.load(contentsOf: compiled, configuration: "
    "configuration)\n"
    "        guard case .program(let program) = plan.modelStructure else { continue }\n"
    "        for (name, function) in program.functions {\n"
    "            var blocks = [function.block]\n"
    "            while let block = blocks.popLast() {\n"
    "                for operation in block.operations {\n"
    "                    blocks += operation.blocks\n"
    "                    guard let usage = plan.deviceUsage(for: operation) else { continue }\n"
    "                    var device = \"cpu\"\n"
    "                    if case .gpu = usage.preferred { device = \"gpu\" }\n"
    "                    if case .neuralEngine = usage.preferred { device = \"ane\" }\n"
    "                    let op = operation.outputs.first?.name ?? operation.operatorName\n"
    "                    let cost = plan.estimatedCost(of: operation).map { \"\\($0.weight)\" } ?? "
    "\"\"\n"
    "                    print(\"\\(file),\\(name),\\(op),\\(device),\\(cost)\")\n"
    "                }\n"
    "            }\n"
    "        }\n"
    "    } catch {\n"
    "        FileHandle.standardError.write(Data(\"\\(path): \\(error)\\n\".utf8))\n"
    "    }\n"
    "}\n";
