using System.CommandLine;
using KubeProxy.Bench.Vpp.Report;

namespace KubeProxy.Bench.Vpp;

/// <summary><c>targets</c>: measures what decides every target, and says which are met.</summary>
internal static class TargetsCommand
{
    private const string DefaultLabel = "targets";

    public static Command Create()
    {
        Command command = new("targets", "Measures what decides the project's targets for clocks, and ends with one table of them.");
        CommonOptions.AddTo(command);
        command.SetAction(line => BenchRun.Run(
            CommonOptions.Read(line), TargetList.Plans, CommonOptions.Files(line, DefaultLabel), DefaultLabel, isComplete: true));
        return command;
    }
}
