using System.Runtime.InteropServices;

namespace KubeProxy.Interop;

/// <summary>The type of the datum <c>vlib_global_main</c> (vlib/main.h): the fields that the plugin and the host use, at their true offsets.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
public unsafe struct vlib_global_main_t
{
    /// <summary>Vector of the threads' mains; element 0 is the main thread's.</summary>
    [FieldOffset(0)]
    public vlib_main_t** vlib_mains;

    /// <summary>Program name, for syslog.</summary>
    [FieldOffset(8)]
    public byte* name;

    /// <summary>Full path of the executable.</summary>
    [FieldOffset(16)]
    public byte* exec_path;

    /// <summary>The command line interface.</summary>
    [FieldOffset(64)]
    public vlib_cli_main_t cli_main;

    /// <summary>Head of the list of node registrations, filled by constructors.</summary>
    [FieldOffset(120)]
    public vlib_node_registration_t* node_registrations;

    /// <summary>Which packets are traced.</summary>
    [FieldOffset(140)]
    public vlib_trace_filter_t trace_filter;

    /// <summary>Head of the list of init functions, filled by constructors.</summary>
    [FieldOffset(152)]
    public _vlib_init_function_list_elt_t* init_function_registrations;

    /// <summary>Head of the list of functions that run when the main loop is entered.</summary>
    [FieldOffset(160)]
    public _vlib_init_function_list_elt_t* main_loop_enter_function_registrations;

    /// <summary>Head of the list of functions that run when the main loop is left.</summary>
    [FieldOffset(168)]
    public _vlib_init_function_list_elt_t* main_loop_exit_function_registrations;

    /// <summary>Head of the list of functions that each worker runs when it starts.</summary>
    [FieldOffset(176)]
    public _vlib_init_function_list_elt_t* worker_init_function_registrations;

    /// <summary>Head of the list of functions that run when the number of workers changes.</summary>
    [FieldOffset(184)]
    public _vlib_init_function_list_elt_t* num_workers_change_function_registrations;

    /// <summary>Head of the list of functions that register API messages.</summary>
    [FieldOffset(192)]
    public _vlib_init_function_list_elt_t* api_init_function_registrations;

    /// <summary>Hash of the init functions that have been called.</summary>
    [FieldOffset(208)]
    public nuint* init_functions_called;
}
